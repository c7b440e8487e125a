import type { Command } from 'commander';
import type { AuditPage } from '../../client';
import { projectArgument, wholeNumber } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const ID = '0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11';
const EXAMPLES = `
Examples:
  storyreel audit
  storyreel audit ${ID}
  storyreel audit ${ID} --json --limit 1000
`;

interface Flags {
  readonly limit: number;
  readonly after?: number;
  readonly json?: boolean;
}

export function addAudit(program: Command, cli: Cli): void {
  program
    .command('audit')
    .summary('who has changed what')
    .description(
      'Who has changed what, newest first: of one project, also of a deleted one, or of all. It has no texts.',
    )
    .argument('[project]', 'the project id')
    .option('--limit <n>', 'how many entries', wholeNumber, 50)
    .option('--after <entry>', 'only entries that are older than this one', wholeNumber)
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (given: string | undefined, { limit, after, json = false }: Flags) => {
      const project = given === undefined ? undefined : projectArgument(given);
      const { entries, next } = await withClient(cli, ({ client }) =>
        client.audit.page({ project, limit, ...(after !== undefined && { after: String(after) }) }),
      );
      for (const entry of entries) cli.screen.write(`${json ? JSON.stringify(entry) : lineOf(entry)}\n`);
      if (entries.length === 0 && !json) cli.note('Nothing was changed.');
      if (next !== undefined && !json) cli.note(`There is more: --after ${next}`);
    });
}

function lineOf(entry: AuditPage['entries'][number]): string {
  const { at, by, credential, owner, action, project, lane, subject, versionAfter, status, code, endedAt } = entry;
  const who = by ?? credential ?? owner ?? 'unknown';
  const ended = endedAt === null && status < 200 ? 'its end is not known' : (code ?? 'done');
  const what = [action, lane, subject, versionAfter === null ? null : `version ${versionAfter}`];
  const words = [...what, project].filter((word) => word !== null);
  return `${at.toISOString().slice(0, 19)}Z  ${who}  ${words.join('  ')}  (${ended})`;
}
