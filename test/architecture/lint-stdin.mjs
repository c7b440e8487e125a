/**
 * Lints the snippets on standard input, `[{ file, text }]`, as if each were the text of its file, with the project's own
 * rules but those that need types, and prints what it found. A process of its own: jest cannot load the ESM configuration.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { ARROWS } from '../../eslint.config.mjs';

const eslint = new ESLint({
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});
const messages = [];
for (const { file, text: code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: file });
  messages.push(result.messages.map(({ ruleId, line }) => ({ ruleId, line })));
}
const { rules } = await new ESLint().calculateConfigForFile('src/client/index.ts');
console.log(JSON.stringify({ arrows: ARROWS, rules, messages }));
