import type { Command } from 'commander';
import { amount, projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLES = `
Examples:
  storyreel budget 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 0.50
  storyreel budget 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 none`;

export function addBudget(program: Command, cli: Cli): void {
  program
    .command('budget')
    .summary('set how much a project may cost')
    .description(
      'Sets how much a project may cost in all its runs. A lane that the budget has no room for waits; raise it, then retry.',
    )
    .argument('<project>', 'the project id')
    .argument('<amount>', 'in the currency of the prices; none takes the budget away', (text) =>
      text === 'none' ? null : amount(text),
    )
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, budget: number | null) => {
      const projectId = projectArgument(project);
      await withClient(cli, ({ client }) => client.setBudget(projectId, budget ?? undefined));
      cli.screen.write(budget === null ? 'The project has no budget.\n' : `The project may cost ${budget}.\n`);
    });
}
