import ts from 'typescript';
import { fault } from './comment-sentences';
import { filesBelow, projectFile } from './project-files';

/** What people read at run time: failures, the command line, the English words of the page. */
const sources = ['src/protocol/failures.ts', 'web/i18n/en.ts', ...filesBelow('src/cli')].filter((path) =>
  path.endsWith('.ts'),
);

/** Examples of commands, which are indented, are no sentences. */
const SENTENCES = /(?<=[.?!])\s+|\n\n|^Examples:\n|^ {2,}.*\n|\n {2,}.*$/m;

it.each(sources)('%s has messages of plain sentences', (path) => {
  const faults = messagesOf(path).flatMap((message) => {
    const why = message.split(SENTENCES).flatMap((sentence) => fault(sentence) ?? []);
    return why.length === 0 ? [] : [`${why.join(', ')}: ${message}`];
  });
  expect(faults).toEqual([]);
});

/** Literals with at least three words; what is put in counts as one word. Addresses of modules and SQL are no messages. */
function messagesOf(path: string): string[] {
  const messages: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const text = textOf(node);
    if (
      text !== undefined &&
      text.trim().split(/\s+/).length >= 3 &&
      !/^\s*(?:SELECT|UPDATE|INSERT|WITH)\b/.test(text)
    ) {
      messages.push(text);
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(path, projectFile(path), ts.ScriptTarget.Latest, true));
  return messages;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `X${literal.text}`).join('');
}
