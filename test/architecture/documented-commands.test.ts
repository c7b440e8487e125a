import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { documentedCommands } from '../support/operator';

const commands = documentedCommands();
const tests = resolve(__dirname, '..');

/** What tctl calls the options of temporal. */
const TCTL: Readonly<Record<string, string>> = {
  '-w': 'workflow-id',
  '-n': 'name',
  '-i': 'input',
  '-q': 'query',
  '-qt': 'type',
  '--event_id': 'event-id',
  '--reset_type': 'type',
  '--reason': 'reason',
  '--result': 'result',
  '--activity_id': 'activity-id',
  '--workflow_type': 'type',
  '--taskqueue': 'task-queue',
};
/** tctl demands them, temporal does not. */
const TCTL_ONLY = ['--detail', '--execution_timeout', '--identity', '--taskqueuetype', '-r'];

/** A command line as a shell reads it: the words before the options, and the options. */
function parsed(line: string): { words: string; options: Record<string, string> } {
  const tokens = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const first = tokens.findIndex((token) => token.startsWith('-'));
  const rest = first < 0 ? [] : tokens.slice(first);
  const options: Record<string, string> = {};
  for (let i = 0; i < rest.length; i += 2) {
    const [name = '', value = ''] = [rest[i], rest[i + 1]];
    if (TCTL_ONLY.includes(name)) continue;
    options[TCTL[name] ?? name.replace(/^--/, '')] = value;
  }
  const words = (first < 0 ? tokens : tokens.slice(0, first)).slice(1).join(' ');
  return { words: words.replace('task-queue', 'taskqueue'), options };
}

describe('docs/operations.md', () => {
  test('states the same to temporal and to tctl, with the same JSON', () => {
    const pairs = commands.flatMap(({ line }, i) => (line.startsWith('tctl ') ? [[commands[i - 1]?.line, line]] : []));
    expect(pairs.length).toBeGreaterThan(15);
    for (const [temporal = '', tctl = ''] of pairs) expect(parsed(tctl)).toEqual(parsed(temporal));
  });

  test('has both for everything that tctl can do', () => {
    const alone = commands.filter(
      ({ line }, i) => line.startsWith('temporal ') && !commands[i + 1]?.line.startsWith('tctl '),
    );
    const kinds = alone.map(({ line }) => parsed(line));
    // tctl has no such commands, or others of its own kind for many workflows at once.
    expect(kinds.filter(({ words, options }) => words.startsWith('workflow') && !('query' in options))).toEqual([]);
    expect([...new Set(kinds.map(({ words }) => words))].sort()).toEqual([
      'activity pause',
      'activity reset',
      'activity unpause',
      'schedule trigger',
      'worker deployment set-current-version',
      'workflow list',
      'workflow reset',
    ]);
  });

  test('gives tctl what it demands for an activity', () => {
    const given = commands.filter(({ line }) => line.startsWith('tctl activity ')).map(({ line }) => line);
    expect(given).not.toEqual([]);
    for (const line of given) expect(line).toContain(' -r <run> ');
    for (const line of given.filter((each) => each.includes(' fail '))) expect(line).toContain(' --detail ');
  });

  test('holds JSON that can be read', () => {
    for (const { line } of commands) {
      const { options } = parsed(line);
      for (const json of [options['input'], options['result']]) {
        if (json !== undefined) expect(JSON.parse(json)).toBeInstanceOf(Object);
      }
    }
  });

  test('has no temporal command that no test types', () => {
    const sources = ['operations', 'e2e', 'faults'].flatMap((folder) =>
      readdirSync(join(tests, folder)).map((name) => readFileSync(join(tests, folder, name), 'utf8')),
    );
    const typed = [...sources.join('\n').matchAll(/types\(\s*'([^']+)',\s*'([^']+)'/g)];
    const untyped = commands.filter(
      ({ section, line }) =>
        line.startsWith('temporal ') && !typed.some(([, where, part = '']) => where === section && line.includes(part)),
    );
    expect(untyped).toEqual([]);
  });
});
