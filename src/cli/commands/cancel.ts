import type { Command } from 'commander';
import type { CancelResult } from '../../client';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLE = `
Example:
  storyreel cancel 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11`;

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .summary('end a run')
    .description('Asks the run of a project to end. What is settled stays; a later run uses it again.')
    .argument('<project>', 'the project id')
    .addHelpText('after', EXAMPLE + '\n' + exitCodesHelp())
    .action(async (project: string) => {
      const projectId = projectArgument(project);
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
