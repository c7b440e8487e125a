import { commentFault, commentSentences } from './comment-sentences';
import { filesBelow, projectFile } from './project-files';

/** Released migrations never change, not even their comments. */
const FROZEN = /^src\/entities\/migrations\//;
const CODE = /\.(?:ts|tsx|mjs)$/;
const files = ['src', 'dev', 'bench', 'web']
  .flatMap((folder) => filesBelow(folder))
  .filter((path) => CODE.test(path) && !FROZEN.test(path));

it('has comments with short sentences and plain words', () => {
  const faults = files.flatMap((path) =>
    commentSentences(projectFile(path)).flatMap(({ line, text }) => {
      const found = commentFault(text);
      return found === undefined ? [] : [`${path}:${line} (${found}) ${text}`];
    }),
  );
  expect(faults).toEqual([]);
});

const LONG = Array.from({ length: 26 }, () => 'Word').join(' ');

it.each([
  ['a comment that tells', '/** Tells viewers of it. */', 'Tells'],
  ['a clause that goes on over two lines', '// The run\n// goes on.', 'goes on'],
  ['a comment behind code', "const a = 1; // It stands for 'one'.", 'stands'],
  ['a sentence without a subject', '/** Of a path, in a message. */', 'no subject'],
  ['a sentence of 26 words', `/**\n * Short.\n * ${LONG}.\n */`, '26 words'],
])('finds %s', (_what, source, expected) => {
  expect(commentSentences(source).map(({ text }) => commentFault(text))).toContain(expected);
});

it.each([
  ['a stand-in', '// The stand-in provider.'],
  ['code in backticks', '/** `tell` and `a b c d e f g h i j k l m n o p q r s t u v w x y z` stay. */'],
  ['a text of the program', "const text = 'the run goes on';"],
  ['an address', "const url = 'https://say.example';"],
  ['two short sentences', `// ${LONG.slice(0, 60)}. ${LONG.slice(0, 60)}.\n\nconst a = 1;\n// Another.`],
])('accepts %s', (_what, source) => {
  expect(commentSentences(source).flatMap(({ text }) => commentFault(text) ?? [])).toEqual([]);
});
