import type { Command } from 'commander';
import { defined, type StageName } from '../../protocol';
import { addNumber, addStage, projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';
import { startAndFollow } from '../start-and-follow';

interface Flags {
  readonly stage?: readonly StageName[];
  readonly scene?: readonly number[];
  readonly gate?: readonly StageName[];
  readonly replaceEdits?: boolean;
  readonly force?: boolean;
  readonly keepSettings?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  storyreel run 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel run 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --scene 3 --stage image_generation --force
  storyreel run 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --stage rewrite --stage storyboard

"storyreel explain" with the same options shows beforehand what it would make.`;

export function addRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .summary('make what a project lacks or what has changed')
    .description(
      'Makes what a project lacks and what has changed in it, and uses the rest again. Ctrl-C leaves it going.',
    )
    .argument('<project>', 'the project id')
    .option('--stage <stage>', 'only this stage; may be given again', addStage)
    .option('--scene <n>', 'only this scene; may be given again', addNumber)
    .option('--gate <stage>', 'wait after this stage for "storyreel approve"; may be given again', addStage)
    .option('--force', 'make it again also where nothing has changed')
    .option('--replace-edits', 'also where it replaces what a person has written')
    .option('--keep-settings', 'with the models and the frame size of the last run, whatever they are now')
    .option('--detach', 'start it, print the project id, and return')
    .option('--json', 'print one JSON event a line and nothing else')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, { stage, scene, gate, force, replaceEdits, keepSettings, ...flags }: Flags) => {
      const projectId = projectArgument(project);
      const signal = cli.interrupted();
      const options = defined({ stages: stage, scenes: scene, gates: gate, force, replaceEdits, keepSettings });
      cli.exitCode = await withClient(cli, (at) => startAndFollow(cli, at, projectId, { options, ...flags, signal }));
    });
}
