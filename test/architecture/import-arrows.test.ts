import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lintSnippets } from './lint-snippets';
import { projectRoot } from './project-files';

const src = join(projectRoot, 'src');
const parts = readdirSync(src).sort();
const folders = parts.filter((name) => !name.endsWith('.ts'));

/** A module of another part of src, as a file of a top folder names it. */
function moduleOf(part: string): string {
  if (part.endsWith('.ts')) return `../${part.slice(0, -'.ts'.length)}`;
  return existsSync(join(src, part, 'index.ts')) ? `../${part}` : `../${part}/main`;
}

/** For each folder, one of its files importing every other part of src, one a line. */
const greedy = folders.map((folder) => {
  const file = readdirSync(join(src, folder)).find((name) => name.endsWith('.ts')) ?? 'index.ts';
  const others = parts.filter((other) => other !== folder);
  const text = others.map((other) => `import '${moduleOf(other)}';`).join('\n');
  return { folder, others, file: join('src', folder, file), text };
});

const violations = [
  {
    what: 'an import past the index of a folder',
    rule: 'import-x/no-restricted-paths',
    file: 'src/client/index.ts',
    text: "import '../entities/film.entity';",
  },
  {
    what: 'an import past the index of a folder, from dev',
    rule: 'import-x/no-restricted-paths',
    file: 'dev/studio/index.ts',
    text: "import '../../src/stream/keys';",
  },
  {
    what: 'an import of dev',
    rule: 'import-x/no-restricted-paths',
    file: 'src/client/index.ts',
    text: "import '../../dev/studio';",
  },
  {
    what: 'a value that is cast twice',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export const read = (value: string) => value as unknown as number;',
  },
  {
    what: 'a value that is cast to never',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export const read = (value: string) => value as never;',
  },
  {
    what: 'a text that is cast to an id',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: "import type { LaneId } from '../protocol';\nexport const read = (value: string) => value as LaneId;",
  },
  {
    what: 'texts that are cast to ids',
    rule: 'no-restricted-syntax',
    file: 'src/address.ts',
    text: "import type { Cursor } from './protocol';\nexport const read = (value: string[]) => value as readonly Cursor[];",
  },
  {
    what: 'a value that is said to be there',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export const read = (value?: string) => value!;',
  },
  {
    what: 'a package in src/protocol',
    rule: '@typescript-eslint/no-restricted-imports',
    file: 'src/protocol/ids.ts',
    text: "import 'zod';",
  },
  {
    what: 'a module of Node in src/protocol',
    rule: '@typescript-eslint/no-restricted-imports',
    file: 'src/protocol/ids.ts',
    text: "import 'node:crypto';",
  },
  {
    what: 'a module of Node in workflow code',
    rule: '@typescript-eslint/no-restricted-imports',
    file: 'src/workflows/story.ts',
    text: "import 'node:fs';",
  },
  {
    what: 'a provider that a stage calls',
    rule: '@typescript-eslint/no-restricted-imports',
    file: 'src/stages/render.ts',
    text: "import { openaiText } from '../providers';",
  },
  {
    what: 'a development dependency in src',
    rule: 'import-x/no-extraneous-dependencies',
    file: 'src/client/index.ts',
    text: "import 'prettier';",
  },
  {
    what: 'a default export',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export default 1;',
  },
  {
    what: 'an export of everything',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: "export * from '../protocol';",
  },
  {
    what: 'a look at the environment',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export const port = process.env.PORT;',
  },
  {
    what: 'a signal that Node keeps for ever',
    rule: 'no-restricted-syntax',
    file: 'src/client/index.ts',
    text: 'export const either = (one: AbortSignal, other: AbortSignal) => AbortSignal.any([one, other]);',
  },
  {
    what: 'an address that is taken apart elsewhere',
    rule: 'no-restricted-syntax',
    file: 'src/stream/keys.ts',
    text: "export const { host } = new URL('redis://cache');",
  },
  {
    what: 'a test that is left out',
    rule: 'no-restricted-syntax',
    file: 'test/architecture/import-arrows.test.ts',
    text: "it.skip('works', () => 1);",
  },
  {
    what: 'a file of 401 lines that asks to be let through',
    rule: 'max-lines',
    file: 'src/client/index.ts',
    text: '/* eslint-disable */\n' + 'export {};\n'.repeat(400),
  },
];

const allowed = [
  {
    what: 'a look at the environment in src/config.ts',
    file: 'src/config.ts',
    text: 'export const a = process.env.A;',
  },
  {
    what: "a provider's type in a stage",
    file: 'src/stages/render.ts',
    text: "export type { ChatMessage } from '../providers';",
  },
];

const { arrows, rules, messages } = lintSnippets([...greedy, ...violations, ...allowed]);

it('gives every part of src a row of arrows', () => {
  expect(Object.keys(arrows).sort()).toEqual(expect.arrayContaining(parts));
});

it.each([
  ['protocol', []],
  ['workflows', ['protocol']],
  ['stages', ['entities', 'protocol', 'providers', 'storage']],
  [
    'client',
    [
      'config.ts',
      'entities',
      'logger.ts',
      'planning',
      'protocol',
      'readiness',
      'stream',
      'telemetry',
      'temporal',
      'with-timeout.ts',
    ],
  ],
])('lets %s import %j', (folder, expected) => {
  expect([...(arrows[folder] ?? [])].sort()).toEqual(expected);
});

it('lets nothing but the command line import the worker, and nothing at all import the command line', () => {
  const importers = (folder: string) => Object.keys(arrows).filter((other) => arrows[other]?.includes(folder));
  expect(importers('worker')).toEqual(['cli']);
  expect(importers('cli')).toEqual([]);
});

it.each(greedy.map(({ folder, others }, index) => ({ folder, others, index })))(
  'rejects every import of src/$folder that its arrows do not name',
  ({ folder, others, index }) => {
    const found = messages[index]?.filter(({ ruleId }) => ruleId === 'import-x/no-restricted-paths') ?? [];
    const rejected = new Set(found.map(({ line }) => others[line - 1]));
    const accepted = others.filter((other) => !rejected.has(other));
    expect(accepted).toEqual([...(arrows[folder] ?? [])].filter((other) => parts.includes(other)).sort());
  },
);

it.each(violations.map(({ what, rule }, index) => ({ what, rule, index })))('rejects $what', ({ rule, index }) => {
  expect(messages[greedy.length + index]?.map(({ ruleId }) => ruleId)).toContain(rule);
});

it.each(allowed.map(({ what }, index) => ({ what, index })))('accepts $what', ({ index }) => {
  expect(messages[greedy.length + violations.length + index]).toEqual([]);
});

it('lets no promise float', () => {
  expect(rules['@typescript-eslint/no-floating-promises']).toEqual([2, { checkThenables: true }]);
});
