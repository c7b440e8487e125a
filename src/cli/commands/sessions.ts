import type { Command } from 'commander';
import type { ListedSession } from '../../client';
import { withClient, type Cli } from '../cli';
import { noteRevoked, printAll } from '../credentials';
import { exitCodesHelp } from '../exit-codes';
import { minute } from '../render';

const EXAMPLES = `
Examples:
  storyreel sessions list
  storyreel sessions revoke 1f0c9a2b3d4e5f60
`;

export function addSessions(program: Command, cli: Cli): void {
  const sessions = program
    .command('sessions')
    .summary('list and end the sessions of browsers')
    .description('Who is signed in at the page of the gateway. A session counts for 12 hours after its last use.')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp());

  sessions
    .command('list')
    .description('Every session that counts, oldest first; never its secret.')
    .option('--json', 'print one JSON object a line')
    .action(async ({ json = false }: { json?: boolean }) => {
      const all = await withClient(cli, ({ client }) => client.sessions.list());
      printAll(cli, all, { lineOf, json, none: 'Nobody is signed in.' });
    });

  sessions
    .command('revoke <id>')
    .description('Ends a session; its open streams end within a second.')
    .action(async (id: string) => {
      noteRevoked(cli, 'session', id, await withClient(cli, ({ client }) => client.sessions.revoke(id)));
    });
}

function lineOf({ id, keyId, tokenId, name, owner, project, createdAt, lastUsedAt }: ListedSession): string {
  const facts = [
    keyId !== undefined ? `key ${keyId}` : tokenId !== undefined ? `token ${tokenId}` : 'login link',
    owner === undefined ? 'all projects' : `owner ${owner}`,
    ...(project === undefined ? [] : [`project ${project}`]),
    `since ${minute(createdAt)}`,
    `used ${minute(lastUsedAt)}`,
  ];
  return `${id}  ${name ?? 'operator'}  (${facts.join('; ')})`;
}
