import type { Command } from 'commander';
import { batchIdOfWorkflow } from '../../protocol';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLE = `
Examples:
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel cancel batch-spring`;

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .summary('end a run')
    .description('Asks the run of a project to end. What is settled stays; a later run uses it again.')
    .argument('<project>', 'the project id; or batch-<name>, and every run of that batch is asked to end')
    .addHelpText('after', EXAMPLE + '\n' + exitCodesHelp())
    .action(async (project: string) => {
      const batchId = batchIdOfWorkflow(project);
      if (batchId) {
        const ran = await withClient(cli, ({ client }) => client.cancelBatch(batchId));
        cli.screen.write(ran ? 'The batch was asked to end.\n' : 'The batch was not running.\n');
        return;
      }
      const projectId = projectArgument(project);
      const wasRunning = await withClient(cli, ({ client }) => client.cancel(projectId));
      cli.screen.write(wasRunning ? 'The run was asked to end.\n' : 'Nothing was running.\n');
    });
}
