import type { Command } from 'commander';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLES = `
Examples:
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 camera_movement/2`;

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .summary('end a run, or stop a lane')
    .description(
      'Asks the run of a project to end. What is settled stays; a later run uses it again. With a lane, stops that lane\nand keeps its text; the run goes on, and the lane waits for retry or skip.',
    )
    .argument('<project>', 'the project id')
    .argument('[lane]', 'a lane such as rewrite or camera_movement/2, or a stage')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, lane: string | undefined) => {
      const projectId = projectArgument(project);
      if (lane !== undefined) {
        const lanes = await withClient(cli, ({ client }) => client.cancelLane(projectId, lane));
        cli.screen.write(lanes.map((each) => `${each} is stopped\n`).join(''));
        return;
      }
      const wasRunning = await withClient(cli, ({ client }) => client.cancel(projectId));
      cli.screen.write(wasRunning ? 'The run was asked to end.\n' : 'Nothing was running.\n');
    });
}
