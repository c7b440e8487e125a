import type { Command } from 'commander';
import type { CancelResult } from '../../client';
import { batchIdOfWorkflow } from '../../protocol';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLES = `
Examples:
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 camera_movement/2
  storyreel cancel batch-spring`;

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .summary('end a run, or stop a lane')
    .description(
      'Asks the run of a project to end. Committed results stay; a later run uses them again. With a lane, stops that lane\nand keeps its text; the run continues, and the lane waits for retry or skip.',
    )
    .argument('<project>', 'the project id; or batch-<name>, and every run of that batch is asked to end')
    .argument('[lane]', 'a lane such as rewrite or camera_movement/2, or a stage')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, lane: string | undefined) => {
      const batchId = batchIdOfWorkflow(project);
      if (batchId) {
        const ran = await withClient(cli, ({ client }) => client.cancelBatch(batchId));
        cli.screen.write(ran ? 'The batch was asked to end.\n' : 'The batch was not running.\n');
        return;
      }
      const projectId = projectArgument(project);
      if (lane !== undefined) {
        const lanes = await withClient(cli, ({ client }) => client.cancelLane(projectId, lane));
        cli.screen.write(lanes.map((each) => `${each} is stopped\n`).join(''));
        return;
      }
      const result = await withClient(cli, ({ client }) => client.cancel(projectId));
      cli.screen.write(`${answerTo(result)}\n`);
    });
}

function answerTo(result: CancelResult): string {
  switch (result.kind) {
    case 'requested':
      return 'The run was asked to end.';
    case 'already_requested':
      return 'The run was asked to end before, and is about to.';
    case 'not_running':
      return `Nothing was running; the project is ${result.status.replaceAll('_', ' ')}.`;
  }
}
