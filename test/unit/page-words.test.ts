import fc from 'fast-check';
import {
  CAMERA_MOVEMENTS,
  CAMERA_SPEEDS,
  FAILURES,
  FIELD_RULES,
  PROJECT_STATUSES,
  SCOPES,
  SHOT_TYPES,
  STAGES,
  STATUSES,
  type FieldRule,
} from '../../src/protocol';
import { filesBelow, projectFile } from '../architecture/project-files';
import { en } from '../../web/i18n/en';
import { zh } from '../../web/i18n/zh';

/** The lists of words that the server sends, by the function that says them. */
const LISTS = {
  status: [...STATUSES, ...PROJECT_STATUSES],
  stage: STAGES.map(({ name }) => name),
  shotName: SHOT_TYPES,
  moveName: CAMERA_MOVEMENTS,
  speedName: CAMERA_SPEEDS,
  scope: SCOPES,
  failure: Object.keys(FAILURES),
} as const;
const names = Object.keys(LISTS) as (keyof typeof LISTS)[];

test.each(names)('every word of the list %s is stated in Chinese', (name) => {
  const unsaid = LISTS[name].filter((word) => !/\p{Script=Han}/u.test(zh[name](word)));
  expect(unsaid).toEqual([]);
});

test.each([['English', en] as const, ['Chinese', zh] as const])(
  'a word that no list has is shown in %s as it came',
  (_, words) => {
    const lists = [...names, 'begunAgain', 'continuedHow', 'reason', 'input', 'audited', 'outcome'] as const;
    const unknown = fc.oneof(
      fc.stringMatching(/^[a-z]{1,12}-[a-z]{1,12}$/),
      // Every object of the language has these.
      fc.constantFrom('constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...lists), unknown, (list, word) => {
        expect(words[list](word)).toBe(word.replaceAll('_', ' '));
      }),
    );
  },
);

test('a name and its text are joined by the dictionaries alone, because every language has its own colon', () => {
  expect([en.named('Edit', 'Narration'), zh.named('编辑', '旁白')]).toEqual(['Edit: Narration', '编辑：旁白']);
  expect([en.sentence('Signed out'), zh.sentence('未登录')]).toEqual(['Signed out.', '未登录。']);
  expect([en.sentence('Why?'), zh.sentence('影片已完成。')]).toEqual(['Why?', '影片已完成。']);
  const joined = filesBelow('web')
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('web/i18n/'))
    .flatMap((file) => projectFile(file).match(/.*(\{[\w.()[\]]+\}: |>: ?\{).*/g) ?? []);
  // The header of a request.
  expect(joined.filter((line) => !line.includes("parts.push('-H'"))).toEqual([]);
});

test('a failure is stated in Chinese, with the sentence of the server as its detail', () => {
  expect(en.failed('Provider.QuotaExhausted', 'No credit.')).toEqual({ text: 'No credit.' });
  const text = '模型服务的账户余额已用完';
  expect(zh.failed('Provider.QuotaExhausted', 'No credit.')).toEqual({ text, detail: 'No credit.' });
  expect(zh.failed('Provider.QuotaExhausted', '')).toEqual({ text });
  expect(zh.failed('Newer.Failure', 'Something new.')).toEqual({ text: 'Newer.Failure', detail: 'Something new.' });
});

test('the fault of a field is stated in Chinese with its bound, or in the words of the server if its rule is not known', () => {
  const fault = { pointer: '/name', detail: 'must be otherwise' };
  for (const rule of FIELD_RULES) {
    const said = zh.fieldFault({ ...fault, rule, most: 1_500 });
    expect([rule, said]).toEqual([rule, expect.stringMatching(/\p{Script=Han}/u)]);
    if (!['empty', 'not_whole'].includes(rule)) expect(said).toContain('1,500');
  }
  for (const rule of [undefined, 'newer', 'constructor', '__proto__'] as (FieldRule | undefined)[]) {
    expect(zh.fieldFault({ ...fault, ...(rule && { rule }) })).toBe(fault.detail);
  }
  expect(en.fieldFault({ ...fault, rule: 'empty' })).toBe(fault.detail);
});
