import { fault } from './comment-sentences';
import { withoutCode } from './markdown';
import { filesBelow, projectFile } from './project-files';

/** A block of code that is indented: it follows an empty line. */
const INDENTED = /\n *\n(?: {4,}\S.*(?:\n|$))+/g;

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs')].filter(
  (path) => path.endsWith('.md'),
);
documents.push('bench/README.md', 'bench/paths/README.md');

it.each(documents)('%s has sentences of 25 words at most, in standard English words', (path) => {
  const faults = sentencesOf(projectFile(path)).flatMap((sentence) => {
    const why = fault(sentence);
    return why === undefined ? [] : [`${why}: ${sentence}`];
  });
  expect(faults).toEqual([]);
});

/** Also the cells of tables and the items of lists; a piece of code and a link count as what a reader sees. */
function sentencesOf(markdown: string): string[] {
  const prose = withoutCode(markdown).replace(INDENTED, '\n\n');
  const blocks = prose.split(/\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.) ?)|\|/);
  return blocks.flatMap((block) =>
    block
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/`[^`]*`/g, 'X')
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/^(?:[-*#]+|\d+\.) /, '')
      .split(/(?<=[.!?][)*_]{0,3}) /),
  );
}
