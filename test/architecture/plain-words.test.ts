import { withoutCode } from './markdown';
import { filesBelow, projectFile } from './project-files';

/** What is said otherwise: continue, publish, announce, state, status, store. */
const IDIOMS = /\b(?:go(?:es|ing|ne)? on|went on|tell(?:s|ing)?|told|stands? still|from the dead)\b/gi;

/** Documents whose sentences are short already. A new document belongs here. */
const SHORT = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/glossary.md', 'docs/paths.md', 'docs/benchmarks.md'],
  ...filesBelow('docs/decisions').filter((path) => /\/00[1-8]-/.test(path)),
];
const MOST_WORDS = 25;
/** A block of code that is indented: it follows an empty line. */
const INDENTED = /\n *\n(?: {4,}\S.*(?:\n|$))+/g;

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesBelow('docs')].filter((path) =>
  path.endsWith('.md'),
);

it.each(documents)('%s uses standard English words instead of idioms', (path) => {
  const prose = withoutCode(projectFile(path)).replace(/`[^`]*`|\[[\w.-]+\]\([^)]*\)/g, '');
  expect([...prose.matchAll(IDIOMS)].map(([idiom]) => idiom)).toEqual([]);
});

it.each(SHORT)('%s has no sentence of more than 25 words', (path) => {
  const long = sentencesOf(projectFile(path)).filter((sentence) => sentence.split(' ').length > MOST_WORDS);
  expect(long).toEqual([]);
});

/** Also the cells of tables and the items of lists; a piece of code and a link count as what a reader sees. */
function sentencesOf(markdown: string): string[] {
  const prose = withoutCode(markdown).replace(INDENTED, '\n\n');
  const blocks = prose.split(/\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.) ?)|\|/);
  return blocks.flatMap((block) =>
    block
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/`[^`]*`/g, 'code')
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/^(?:[-*#]+|\d+\.) /, '')
      .split(/(?<=[.!?][)*_]{0,3}) /),
  );
}
