import { InvalidArgumentError, type Command } from 'commander';
import type { ApiKeyView } from '../../client';
import { defined, SCOPES, type Scope } from '../../protocol';
import { decimal } from '../arguments';
import { withClient, type Cli } from '../cli';
import { noteRevoked, printAll } from '../credentials';
import { exitCodesHelp } from '../exit-codes';
import { minute } from '../render';

const EXAMPLES = `
Examples:
  storyreel keys create "web shop" --owner ann --scopes read,write,run
  storyreel keys create ci --expires 30
  storyreel keys list
  storyreel keys revoke 1f0c9a2b
`;

export function addKeys(program: Command, cli: Cli): void {
  const keys = program
    .command('keys')
    .summary('make, list and revoke API keys')
    .description('API keys of the HTTP gateway. As soon as there is one, the gateway asks everybody for one.')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp());

  keys
    .command('create <name>')
    .description('Makes a key and prints it; it is shown this once, only its hash is stored.')
    .option('--owner <owner>', 'for the projects of this owner only; default: for all, as the operator')
    .option(
      '--scopes <scopes>',
      `of ${SCOPES.join(', ')}, parted by commas; default: all, with an owner all but admin`,
      scopesIn,
    )
    .option('--expires <days>', 'days after which it counts no more', daysIn)
    .action(async (name: string, given: { owner?: string; scopes?: Scope[]; expires?: number }) => {
      const { owner, scopes, expires } = given;
      const key = await withClient(cli, ({ client }) =>
        client.keys.create({ name, ...defined({ owner, scopes, expiresInDays: expires }) }),
      );
      cli.note(lineOf(key));
      cli.screen.write(`${key.secret}\n`);
    });

  keys
    .command('list')
    .description('Every key, oldest first; never the secret.')
    .option('--json', 'print one JSON object a line')
    .action(async ({ json = false }: { json?: boolean }) => {
      const all = await withClient(cli, ({ client }) => client.keys.list());
      printAll(cli, all, { lineOf, json, none: 'There is no key. "storyreel keys create <name>" makes one.' });
    });

  keys
    .command('revoke <id>')
    .description('Has a key count no more, by its id or by the key itself; its open streams end within a second.')
    .action(async (id: string) => {
      noteRevoked(cli, 'key', id, await withClient(cli, ({ client }) => client.keys.revoke(id)));
    });
}

function lineOf({ id, name, owner, scopes, expiresAt, lastUsedAt, revokedAt }: ApiKeyView): string {
  const facts = [
    owner === undefined ? 'all projects' : `owner ${owner}`,
    scopes.join(','),
    ...(expiresAt ? [`expires ${expiresAt.toISOString().slice(0, 10)}`] : []),
    ...(revokedAt ? [`revoked ${revokedAt.toISOString().slice(0, 10)}`] : []),
    lastUsedAt ? `used ${minute(lastUsedAt)}` : 'never used',
  ];
  return `${id}  ${name}  (${facts.join('; ')})`;
}

function scopesIn(text: string): Scope[] {
  const scopes = text.split(',').map((word) => word.trim());
  const unknown = scopes.find((word) => !SCOPES.some((scope) => scope === word));
  if (unknown !== undefined) throw new InvalidArgumentError(`The scopes are ${SCOPES.join(', ')}.`);
  return scopes as Scope[];
}

function daysIn(text: string): number {
  const rule = 'It must be a number of days, at most 36500.';
  const days = decimal(text, rule);
  if (days > 0 && days <= 36_500) return days;
  throw new InvalidArgumentError(rule);
}
