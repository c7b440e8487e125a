import { deflateSync } from 'node:zlib';
import { UnusableOutput, type TextChecks } from './definition';
import { announced, labelled, marked, offer } from './markup';
import { scriptMissing, scriptOfLanguageMissing } from './scripts';

/** Letters and digits of a text that may be a story; one of a script without spaces is half as long. */
const LEAST_LETTERS = 20;
/** A refusal is short; a story may begin with the same words. */
const LONGEST_REFUSAL = 800;
/** A story is longer than the report of a fault. */
const LONGEST_REPORT = 300;
const REPORT = new RegExp(
  [
    /^\W{0,3}(?:error|exception)\b\W{0,3}[:\]]/,
    /\b(?:rate limit|too many requests|request id|api key|context length|internal server error|bad gateway)\b/,
    /\b(?:service|server|model|system|api) is (?:currently |temporarily )?(?:unavailable|overloaded|busy|down|under maintenance)/,
    /experiencing high (?:traffic|demand|load)|upstream (?:error|timed out|timeout)|(?:exceeded|reached|hit) (?:your|the) [^.]{0,40}(?:limit|quota)/,
    /请求(?:过于频繁|失败)|稍后(?:再试|重试)|余额不足|服务器?(?:繁忙|异常|不可用)|负载已饱和/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
/** Sentences, and the share of them, that are one and the same. */
const SAME = { times: 6, share: 0.5 };
/** A text that can be compressed this much repeats itself again and again. */
const PACKED = { bytes: 2_000, share: 0.05 };
/** Such a text is asked for twice. A model that repeats it would do so for ever. */
const ONCE_MORE = { mostAnswers: 2 };

/** The beginning and the continuation of a refusal, in the languages in which models refuse. */
const REFUSALS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^["“]?(?:i(?:['’]m| am) (?:\w{1,10} )?(?:sorry|unable|not able)|(?:\w{1,10} )?sorry\b|i apologi[sz]e|unfortunately|i (?:can(?:['’]?t|not| not)|won['’]?t|must decline|will not)|as an ai\b)/i,
    /\b(?:can(?:['’]?t|not| not)|unable|not able|won['’]?t|will not|decline)\b[^.!?]{0,80}\b(?:help|assist|comply|fulfil+|mak|tell|answer|respond|discuss|share|draw|accommodat|creat|writ|generat|provid|continu|produc|support|engag|do that|with (?:that|this))/i,
  ],
  [
    /^(?:非常|很)?(?:抱歉|对不起|不好意思|我无法|我不能|作为)/,
    /(?:无法|不能|不便|拒绝|没办法).{0,30}(?:提供|帮|协助|生成|创作|撰写|满足|完成|请求|内容|回答)/,
  ],
  [/^(?:申し訳|すみません|ごめんなさい|恐れ入りますが)/, /(?:できません|いたしかね|お応えでき|お手伝いでき|お断り)/],
  [/^(?:죄송|미안|유감)/, /(?:수 없|어렵|않습니다)/],
  [/^(?:lo siento|lamento|disculpa)/i, /\bno (?:puedo|me es posible)\b/i],
  [/^(?:(?:je suis )?désolée?|je regrette|malheureusement)/i, /\bne (?:peux|puis)\b/i],
  [
    /^(?:es tut mir leid|leider|entschuldig)/i,
    /\bkann (?:ich )?.{0,60}\bnicht\b|\bnicht\b.{0,60}\b(?:helfen|erstellen|schreiben)/i,
  ],
  [/^(?:desculpe|lamento|sinto muito)/i, /\bnão (?:posso|consigo)\b/i],
  [/^(?:mi dispiace|spiacente)/i, /\bnon (?:posso|sono in grado)\b/i],
  [/^(?:извините|простите|к сожалению|я не могу)/i, /не (?:могу|в состоянии)/i],
];

/**
 * Throws `UnusableOutput` if the text is no story. `source`: the text that the story is written from. `language`: the
 * language of the project, if it has one.
 */
export function mustBeStory(text: string, source: string, checks: TextChecks, language?: unknown): void {
  const issues = [
    checks.refusal && isRefusal(text) && 'the answer declines to write, where a text was asked for',
    checks.length && isShort(text) && 'the answer is too short to be a story',
    checks.length && isReport(text) && 'the answer reports a fault of a server, where a story was asked for',
    checks.repetition && repeats(text) && 'the answer repeats the same text again and again',
    checks.script && wrongScript(text, source, language),
    checks.markdown && marks(text),
  ].filter((issue) => typeof issue === 'string');
  if (issues.length > 0) throw new UnusableOutput(issues, ONCE_MORE);
}

/** Throws `UnusableOutput` if the answer is a refusal instead of JSON. */
export function mustNotRefuse(text: string, { refusal }: TextChecks): void {
  if (refusal && !text.includes('{') && isRefusal(text)) {
    throw new UnusableOutput(['the answer declines, where JSON was asked for']);
  }
}

function isRefusal(text: string): boolean {
  const begun = text.slice(0, LONGEST_REFUSAL * 2).trim();
  if (begun.length > LONGEST_REFUSAL) return false;
  return REFUSALS.some(([begins, says]) => begins.test(begun) && says.test(begun));
}

function isShort(text: string): boolean {
  let letters = 0;
  for (const [letter] of text.slice(0, LEAST_LETTERS * 20).matchAll(/[\p{L}\p{N}]/gu)) {
    letters += /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(letter) ? 2 : 1;
  }
  return letters < LEAST_LETTERS;
}

/** Some gateways write the failure of the server behind them as if it were the model's text. */
function isReport(text: string): boolean {
  return text.length <= LONGEST_REPORT && REPORT.test(text);
}

function repeats(text: string): boolean {
  const counts = new Map<string, number>();
  let all = 0;
  for (const part of text.split(/[.!?…。!?\n]+/)) {
    const sentence = part.trim().toLowerCase();
    if (sentence.length < 3) continue;
    all += 1;
    counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  if (most >= SAME.times && most >= all * SAME.share) return true;
  const bytes = Buffer.from(text);
  return bytes.length >= PACKED.bytes && deflateSync(bytes).length < bytes.length * PACKED.share;
}

function wrongScript(text: string, source: string, language: unknown): string | undefined {
  if (typeof language === 'string') {
    const missing = scriptOfLanguageMissing(language, text);
    return missing && `the answer is in another script than its language (${language}), which has ${missing}`;
  }
  const script = scriptMissing(source, text);
  return script && `the answer is in another script than what it was made from, which is ${script}`;
}

function marks(text: string): string | undefined {
  if (marked(text)) return 'the answer has Markdown in it: write plain prose, without headings, lists and fences';
  if (labelled(text)) return 'the answer has a label such as “Narrator:” before its text: write the story alone';
  if (announced(text)) return 'the answer begins with a remark such as “Here is the story:”: write the story alone';
  if (isJson(text)) return 'the answer is JSON, where a story was asked for: write plain prose';
  if (offer(text)) return 'the answer ends with an offer or a question to the reader: write the story alone';
  return undefined;
}

function isJson(text: string): boolean {
  if (!/^\s{0,100}[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
