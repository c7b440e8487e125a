/**
 * Lints the snippets on standard input, `[{ file, text }]`, as if each were the text of its file, with the project's own
 * rules, and prints the messages as `[[{ ruleId, line }]]`. A process of its own: jest cannot load the ESM configuration.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import { ARROWS } from '../../eslint.config.mjs';

const eslint = new ESLint();
const messages = [];
for (const { file, text: code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: file });
  messages.push(result.messages.map(({ ruleId, line, message }) => ({ ruleId, line, message })));
}
console.log(JSON.stringify({ arrows: ARROWS, messages }));
