import type { Command } from 'commander';
import type { StoryClient } from '../client';
import { defined, type ProjectId } from '../protocol';
import { laneArgument, projectArgument, stageArgument, wholeNumber } from './arguments';
import { withClient, type Cli } from './cli';
import { exitCodesHelp } from './exit-codes';

const ID = '0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11';

/** A command that sends one message to the live run of a project. */
interface Steering {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** The object of the command, besides the project. */
  readonly about?: Subject;
  readonly options?: (command: Command) => void;
  /** Sends the message; returns lines that describe what has changed. */
  send(client: StoryClient, projectId: ProjectId, about: string, options: SteerOptions): Promise<readonly string[]>;
}

/** Throws if the command line names an object that cannot exist. */
interface Subject {
  readonly name: string;
  readonly description: string;
  readonly check: (text: string) => unknown;
}

interface SteerOptions {
  readonly now?: boolean;
  readonly reason?: string;
  readonly lane?: string;
  readonly version?: number;
}

const VERSION = ['--version <n>', 'refuse it where the project is at another version', wholeNumber] as const;

const LANE: Subject = {
  name: 'lane',
  description: 'a lane such as image_generation/3, or a stage',
  check: laneArgument,
};
const STAGE: Subject = { name: 'stage', description: 'the stage that waits, such as storyboard', check: stageArgument };

const COMMANDS: readonly Steering[] = [
  {
    name: 'pause',
    summary: 'begin nothing new',
    description:
      'Lets what runs end, and begins nothing new. With --now, also stops texts in mid-sentence and keeps them.',
    examples: [`pause ${ID}`, `pause ${ID} --now`],
    options: (command) => void command.option('--now', 'stop at once what runs'),
    async send(client, projectId, _, { now }) {
      const { lanes } = await client.pause(projectId, { now: now === true });
      return ['The run is paused.', ...lanes.map((lane) => `${lane} is stopped and kept`)];
    },
  },
  {
    name: 'resume',
    summary: 'continue a paused run',
    description: 'Continues from where the run was paused.',
    examples: [`resume ${ID}`],
    async send(client, projectId) {
      await client.resume(projectId);
      return ['The run continues.'];
    },
  },
  {
    name: 'retry',
    summary: 'have waiting lanes tried again',
    description: 'Has a lane that waits for a person tried again, or all such lanes of a stage.',
    examples: [`retry ${ID} image_generation/3`, `retry ${ID} image_generation`],
    about: LANE,
    async send(client, projectId, lane) {
      return (await client.retry(projectId, lane)).map((each) => `${each} is tried again`);
    },
  },
  {
    name: 'skip',
    summary: 'continue without a lane',
    description:
      'Continues without a lane, or without all lanes of a stage that are not settled. Without a camera move the picture\nis static; without a clip the film shows the still image. A scene with neither leaves the film.',
    examples: [`skip ${ID} camera_movement/2`],
    about: LANE,
    async send(client, projectId, lane) {
      return (await client.skip(projectId, lane)).map((each) => `${each} is skipped`);
    },
  },
  {
    name: 'approve',
    summary: 'let a run continue that waits for approval',
    description: 'Lets a run continue that waits after a stage, as it was asked to by --gate.',
    examples: [`approve ${ID} storyboard`, `approve ${ID} storyboard --version 7`],
    about: STAGE,
    options: (command) => void command.option(...VERSION),
    async send(client, projectId, gate, { version }) {
      await client.approve(projectId, stageArgument(gate), defined({ version }));
      return [`${gate} is approved`];
    },
  },
  {
    name: 'reject',
    summary: 'have a stage made again that waits for approval',
    description: 'A stage that waits for approval, or one lane of it, is made again. The model is given the reason.',
    examples: [
      `reject ${ID} storyboard --reason "too dark for children"`,
      `reject ${ID} image_generation --lane image_generation/2 --reason "he wears no hat"`,
    ],
    about: STAGE,
    options: (command) =>
      void command
        .requiredOption('--reason <words>', 'what is wrong')
        .option('--lane <lane>', 'only this lane of the stage')
        .option(...VERSION),
    async send(client, projectId, gate, { reason = '', lane, version }) {
      const lanes = await client.reject(projectId, stageArgument(gate), {
        reason,
        ...defined({ lane: lane === undefined ? undefined : laneArgument(lane), version }),
      });
      return lanes.map((each) => `${each} is made again`);
    },
  },
];

export function addSteering(program: Command, cli: Cli): void {
  for (const steering of COMMANDS) addOne(program, cli, steering);
}

function addOne(program: Command, cli: Cli, steering: Steering): void {
  const { name, summary, description, examples, about, options } = steering;
  const command = program
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<project>', 'the project id')
    .addHelpText('after', helpOf(examples));
  if (about) command.argument(`<${about.name}>`, about.description);
  options?.(command);
  command.action(async (project: string, ...rest: unknown[]) => {
    const projectId = projectArgument(project);
    const subject = about ? String(rest[0]) : '';
    about?.check(subject);
    const lines = await withClient(cli, ({ client }) =>
      steering.send(client, projectId, subject, command.opts<SteerOptions>()),
    );
    cli.screen.write(lines.map((line) => `${line}\n`).join(''));
  });
}

function helpOf(examples: readonly string[]): string {
  const lines = examples.map((example) => `  storyreel ${example}`);
  return ['', `Example${lines.length > 1 ? 's' : ''}:`, ...lines, exitCodesHelp()].join('\n');
}
