import type { Command } from 'commander';
import type { ViewTokenView } from '../../client';
import { projectArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { noteRevoked, printAll } from '../credentials';
import { exitCodesHelp } from '../exit-codes';
import { minute } from '../render';

const EXAMPLES = `
Examples:
  storyreel links list 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel links revoke 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 1f0c9a2b3d4e5f601f0c9a2b
`;

export function addLinks(program: Command, cli: Cli): void {
  const links = program
    .command('links')
    .summary('list and revoke the links that show a project')
    .description('Links that show one project to their holders. The gateway makes them, because it signs them.')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp());

  links
    .command('list <project>')
    .description('Every link of the project, oldest first; never its secret.')
    .option('--json', 'print one JSON object a line')
    .action(async (project: string, { json = false }: { json?: boolean }) => {
      const projectId = projectArgument(project);
      const all = await withClient(cli, ({ client }) => client.tokens.list(projectId));
      printAll(cli, all, { lineOf, json, none: 'The project has no link.' });
    });

  links
    .command('revoke <project> <id>')
    .description('Has a link count no more; its open streams end within a second.')
    .action(async (project: string, id: string) => {
      const projectId = projectArgument(project);
      const wasRevoked = await withClient(cli, ({ client }) => client.tokens.revoke(projectId, id));
      noteRevoked(cli, 'link', id, wasRevoked, `links list ${projectId}`);
    });
}

function lineOf({ id, name, createdAt, expiresAt, revokedAt }: ViewTokenView): string {
  const facts = [
    `since ${minute(createdAt)}`,
    `expires ${minute(expiresAt)}`,
    ...(revokedAt ? [`revoked ${minute(revokedAt)}`] : []),
  ];
  return `${id}  ${name ?? 'link'}  (${facts.join('; ')})`;
}
