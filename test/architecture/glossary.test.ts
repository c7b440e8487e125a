import { join } from 'node:path';
import { localLinks, rowsOf } from './markdown';
import { projectFile } from './project-files';

const glossary = projectFile('docs/glossary.md');
const rows = rowsOf(glossary, 'term').map(([term = '', standard = '', meaning = '', code = '']) => ({
  term,
  standard,
  meaning,
  link: localLinks(code)[0],
}));

it('explains every concept that ARCHITECTURE.md introduces in bold, and no other', () => {
  const [, concepts = ''] = /^## Concepts$([\s\S]*?)^## /m.exec(projectFile('ARCHITECTURE.md')) ?? [];
  const introduced = [...concepts.matchAll(/\*\*([^*]+)\*\*/g)].map(([, name = '']) => singular(name));
  expect(introduced.length).toBeGreaterThan(30);
  expect([...new Set(introduced)].sort()).toEqual(rows.map(({ term }) => term).sort());
});

it("gives each term the field's own term and a meaning", () => {
  expect(rows.filter(({ standard, meaning }) => standard === '' || meaning === '')).toEqual([]);
});

it('links each term to a file that exports the name', () => {
  const wrong = rows.filter(({ link }) => {
    const name = /^`(\w+)`$/.exec(link?.text ?? '')?.[1] ?? '';
    const exported = new RegExp(`^export (?:abstract |async )?(?:class|const|function|interface|type) ${name}\\b`, 'm');
    return !link || name === '' || !exported.test(projectFile(join('docs', link.target)));
  });
  expect(wrong).toEqual([]);
});

it('is named by the comment of each type that it links to', () => {
  const unnamed = rows.filter(({ term, link }) => {
    const name = (link?.text ?? '').replaceAll('`', '');
    const source = projectFile(join('docs', link?.target ?? ''));
    const declared = source.search(new RegExp(`^export [a-z ]*\\b${name}\\b`, 'm'));
    const comment = source.slice(source.lastIndexOf('/**', declared), declared);
    return !comment.includes(`Glossary: ${term}.`);
  });
  expect(unnamed.map(({ term }) => term)).toEqual([]);
});

/** ARCHITECTURE.md uses verbs and plurals in its sentences. */
function singular(word: string): string {
  return word === 'needs_attention' ? word : word.replace(/(?<!s)s$/, '');
}
