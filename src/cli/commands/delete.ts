import type { Command } from 'commander';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { EXIT_CODES, exitCodesHelp } from '../exit-codes';
import { oneLine } from '../render';

interface Flags {
  readonly yes?: boolean;
  readonly purgeHistory?: boolean;
}

const EXAMPLE = `
Example:
  storyreel delete 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --yes
  storyreel delete 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --purge-history --yes

Temporal keeps the histories of the runs until their retention ends: ids, owners, reasons that people gave, failures. With
--purge-history they go at once, also those of a project that was deleted before.`;

export function addDelete(program: Command, cli: Cli): void {
  program
    .command('delete')
    .summary('remove a project for ever')
    .description(
      'Removes a project with its texts, scenes, events and usage. Media files that no other project has go within hours. A run must be cancelled first.',
    )
    .argument('<project>', 'the project id')
    .option('--purge-history', 'remove the histories of its runs from Temporal as well')
    .option('--yes', 'do it; without this it only shows what would be removed')
    .addHelpText('after', EXAMPLE + '\n' + exitCodesHelp())
    .action(async (project: string, { yes = false, purgeHistory = false }: Flags) => {
      const projectId = projectArgument(project);
      await withClient(cli, async ({ client }) => {
        if (yes) {
          await client.delete(projectId, { purgeHistory });
          cli.screen.write(`Project ${projectId} was removed.\n`);
          return;
        }
        const { name, status } = await client.status(projectId);
        cli.note(`storyreel: This removes "${oneLine(name)}" (${status}) for ever. Confirm it with --yes.`);
        cli.exitCode = EXIT_CODES.usage.code;
      });
    });
}
