import type { Command } from 'commander';
import type { LaneExplanation } from '../../client';
import { defined, type StageName } from '../../protocol';
import { addNumber, addStage, projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';
import { loaded } from '../loaded';
import { createStyle, money, type Style } from '../render';

interface Flags {
  readonly force?: boolean;
  readonly keepSettings?: boolean;
  readonly stage?: readonly StageName[];
  readonly scene?: readonly number[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  storyreel explain 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel explain 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --json

What "depends on" a lane is made again only if that lane comes out different. A new run has the models and the frame size that the worker that started last
has stored. With --keep-settings, it has those of the project's last run.`;

export function addExplain(program: Command, cli: Cli): void {
  program
    .command('explain')
    .summary('show what a run would make, and why')
    .description('Shows what a run would make and what it would use again, and why. Starts nothing and costs nothing.')
    .argument('<project>', 'the project id')
    .option('--force', 'as if the run made all again')
    .option('--keep-settings', 'as if the run kept the models and the frame size of the last one')
    .option('--stage <stage>', 'only this stage; may be given again', addStage)
    .option('--scene <n>', 'only this scene; may be given again', addNumber)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, { force, keepSettings, stage, scene, json }: Flags) => {
      const projectId = projectArgument(project);
      const explanation = await withClient(cli, ({ client }) =>
        client.explain(projectId, defined({ force, keepSettings, stages: stage, scenes: scene })),
      );
      const lines = json
        ? [JSON.stringify(explanation)]
        : [
            ...table(explanation.lanes, createStyle(cli.screen.color)),
            ...loaded.clientInternal.estimateText(explanation, money),
            ...loaded.clientInternal.settingsText(explanation),
          ];
      cli.screen.write(`${lines.join('\n')}\n`);
    });
}

function table(lanes: readonly LaneExplanation[], style: Style): string[] {
  const width = Math.max(...lanes.map(({ lane }) => lane.length), 0);
  const replaced = lanes.filter(({ replaces }) => replaces).map(({ lane }) => lane);
  const count = (...reasons: LaneExplanation['reason'][]) =>
    lanes.filter(({ reason }) => reasons.includes(reason)).length;
  const more = count('unknown');
  const unknown = more > 0 ? `, ${more} of stages that only the workers know` : '';
  return [
    ...lanes.map((lane) => {
      const paint =
        lane.reason === 'reused'
          ? style.dim
          : lane.reason === 'depends' || lane.reason === 'unknown'
            ? style.yellow
            : style.bold;
      return `${paint(lane.lane.padEnd(width))}  ${loaded.clientInternal.reasonText(lane)}`;
    }),
    '',
    `${count('new', 'changed', 'forced')} to make, ${count('depends')} that depend on them, ${count('reused')} used again${unknown}.`,
    ...(replaced.length > 0
      ? [`A person has written ${replaced.join(', ')}: a run refuses to replace that without --replace-edits.`]
      : []),
  ];
}
