import type { Command } from 'commander';
import type { ProjectView } from '../../client';
import { checkStages, defined, isFinal, STAGES, StoryreelError, type Cursor, type ProjectId } from '../../protocol';
import { cursorArgument, projectArgument, stageArgument } from '../arguments';
import { chooseRenderer, withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';
import { followStory } from '../follow-story';
import { liveRun } from '../live-run';

interface Flags {
  readonly from?: Cursor;
  readonly stage?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  storyreel watch 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel watch 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --json --from 1764000000000-0
  storyreel watch 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --stage storyboard

It begins with all that there is and ends with the run. Where no person sits at the terminal, it ends with 4 as soon as a
lane needs attention.`;

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .summary('show a project as it is made')
    .description('Shows a project as it is made, however late one comes. Ctrl-C leaves the run going.')
    .argument('<project>', 'the project id')
    .option('--from <cursor>', 'continue after the event with this id', cursorArgument)
    .option('--stage <stage>', 'only this stage; ends when the stage has ended')
    .option('--json', 'print one JSON event a line and nothing else')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, flags: Flags) => {
      cli.exitCode = await watch(cli, projectArgument(project), flags);
    });
}

async function watch(cli: Cli, projectId: ProjectId, flags: Flags): Promise<number> {
  const stage = flags.stage === undefined ? undefined : stageArgument(flags.stage);
  const signal = cli.interrupted();
  return withClient(cli, async ({ client, config }) => {
    // Without a run nothing would ever come.
    if (!isFinal((await client.status(projectId)).status) && (await liveRun(client, projectId)) === 'none') {
      if (!isFinal((await client.status(projectId)).status)) throw notRunning(projectId);
    }
    if (stage !== undefined) mustBe(stage, await client.status(projectId));
    const { outcome, code } = await followStory(
      { client, config },
      projectId,
      chooseRenderer(cli, flags.json === true),
      {
        stopWhenParked: flags.json === true || !cli.screen.interactive,
        signal,
        ...defined({ from: flags.from, stage }),
      },
    );
    if (outcome === 'left') noteThatItContinues(cli, projectId);
    return code;
  });
}

/** Throws `Stage.Unknown` if neither we nor the project have it. */
function mustBe(stage: string, { stages }: ProjectView): void {
  const names = new Set([...STAGES.map(({ name }): string => name), ...stages.map((each) => each.stage)]);
  checkStages(
    [...names].map((name) => ({ name })),
    [stage],
  );
}

function notRunning(projectId: ProjectId): StoryreelError {
  return new StoryreelError(
    'Project.NotRunning',
    `Project ${projectId} is not finished, and no run of it is open. Start one: storyreel generate --project ${projectId}`,
  );
}

export function noteThatItContinues(cli: Pick<Cli, 'note'>, projectId: ProjectId): void {
  cli.note('The run continues without this window.');
  cli.note(`  see it again   storyreel watch ${projectId}`);
  cli.note(`  end it         storyreel cancel ${projectId}`);
}
