import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf, filesBelow, lintSnippets, projectRoot, type LintMessage } from './project-files';

const parts = readdirSync(join(projectRoot, 'src'));
const folders = parts.filter((name) => !name.endsWith('.ts'));

/** One import a line, of every other part of src, seen from a file of the folder. */
const wholeSrc = folders.map((folder) => ({
  folder,
  file: filesBelow(join('src', folder)).find((path) => path.split('/').length === 3) ?? '',
  others: parts.filter((other) => other !== folder),
}));

/** A file that breaks one rule, and the rule. */
const violations = [
  { rule: 'import-x/no-restricted-paths', file: 'src/client/index.ts', text: "import '../entities/film.entity';" },
  { rule: 'import-x/no-restricted-paths', file: 'src/logger.ts', text: "import './stream/keys';" },
  { rule: 'import-x/no-restricted-paths', file: 'src/client/index.ts', text: "import '../../dev/studio';" },
  { rule: 'import-x/no-restricted-paths', file: 'dev/studio/index.ts', text: "import '../../src/stream/keys';" },
  { rule: '@typescript-eslint/no-restricted-imports', file: 'src/protocol/ids.ts', text: "import 'zod';" },
  { rule: '@typescript-eslint/no-restricted-imports', file: 'src/protocol/ids.ts', text: "import 'node:crypto';" },
  { rule: '@typescript-eslint/no-restricted-imports', file: 'src/workflows/story.ts', text: "import 'node:fs';" },
  {
    rule: '@typescript-eslint/no-restricted-imports',
    file: 'src/stages/render.ts',
    text: "import { streamHttp } from '../providers';",
  },
  { rule: 'import-x/no-extraneous-dependencies', file: 'src/client/index.ts', text: "import 'prettier';" },
  { rule: 'no-restricted-syntax', file: 'src/client/index.ts', text: 'export default 1;' },
  { rule: 'no-restricted-syntax', file: 'src/client/index.ts', text: "export * from '../protocol';" },
  { rule: 'no-restricted-syntax', file: 'src/client/index.ts', text: 'export const port = process.env.PORT;' },
  { rule: 'no-restricted-syntax', file: 'test/architecture/import-arrows.test.ts', text: "it.skip('x', () => 1);" },
  {
    rule: '@typescript-eslint/no-floating-promises',
    file: 'src/client/index.ts',
    text: 'Promise.reject(new Error());',
  },
  { rule: 'max-lines', file: 'src/client/index.ts', text: '/* eslint-disable */\n' + 'export {};\n'.repeat(401) },
];

const fine = [
  { file: 'src/config.ts', text: 'export const port = process.env.PORT;' },
  { file: 'src/stages/render.ts', text: "export type { ChatMessage } from '../providers';" },
];

const { arrows, messages } = lintSnippets([
  ...wholeSrc.map(({ file, others }) => ({
    file,
    text: others.map((other) => `import '.${entryOf(other)}';`).join('\n'),
  })),
  ...violations,
  ...fine,
]);

const rules = (found: readonly LintMessage[] | undefined) => found?.map(({ ruleId }) => ruleId);

it('gives every part of src a row of arrows', () => {
  expect(Object.keys(arrows).sort()).toEqual(expect.arrayContaining(parts.sort()));
});

it.each([
  ['protocol', []],
  ['workflows', ['protocol']],
  ['stages', ['entities', 'protocol', 'providers', 'storage']],
  ['client', ['config.ts', 'entities', 'logger.ts', 'protocol', 'stream']],
])('lets %s import %j', (folder, allowed) => {
  expect([...(arrows[folder] ?? [])].sort()).toEqual(allowed);
});

it('lets nothing but the command line import the worker, and nothing at all import the command line', () => {
  const importers = (folder: string) => Object.keys(arrows).filter((other) => arrows[other]?.includes(folder));
  expect(importers('worker')).toEqual(['cli']);
  expect(importers('cli')).toEqual([]);
});

it.each(wholeSrc.map(({ folder, others }, index) => ({ folder, others, index })))(
  'rejects every import of src/$folder that its arrows do not name',
  ({ folder, others, index }) => {
    const found = messages[index]?.filter(({ ruleId }) => ruleId === 'import-x/no-restricted-paths') ?? [];
    const rejected = new Set(found.map(({ line }) => others[line - 1]));
    expect(others.filter((other) => !rejected.has(other)).sort()).toEqual([...(arrows[folder] ?? [])].sort());
  },
);

it.each(violations.map((violation, index) => ({ ...violation, index })))(
  'rejects $text in $file',
  ({ rule, index }) => {
    expect(rules(messages[wholeSrc.length + index])).toContain(rule);
  },
);

it.each(fine.map((snippet, index) => ({ ...snippet, index })))('accepts $text in $file', ({ index }) => {
  expect(rules(messages[wholeSrc.length + violations.length + index])).not.toContain('no-restricted-syntax');
  expect(rules(messages[wholeSrc.length + violations.length + index])).not.toContain(
    '@typescript-eslint/no-restricted-imports',
  );
});
