import type { EventError } from './events';
import { isFailureType } from './failures';
import { MAX_ISSUES, TEXT_BYTES } from './limits';

/**
 * Bounds every text that comes from outside: from people, providers, operators and other programs. All text that is
 * stored, sent to Temporal or published has passed this module. It loads no package, so that workflows can use it, too.
 */

/** Postgres stores neither, and no encoding of UTF-8 has the second: NUL, and half of a character outside the basic plane. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;
/** Characters that a single line cannot hold: they move the cursor, ring the bell or end the line. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
const ELLIPSIS = '…';

/** How many bytes the text takes in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isPairAt(text, i)) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** What a reader sees: no white space, no control character, and none that only changes or joins its neighbours. */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/** Whether a reader would see nothing of the text. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}

/** The text without what cannot be stored. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, '');
}

/** The beginning of the text in at most so many bytes, in whole characters. */
export function firstBytes(text: string, mostBytes: number): string {
  // No unit takes more than three bytes, and a pair takes four.
  if (text.length * 3 <= mostBytes) return text;
  let bytes = 0;
  let end = 0;
  while (end < text.length) {
    const units = isPairAt(text, end) ? 2 : 1;
    bytes += utf8Bytes(text.slice(end, end + units));
    if (bytes > mostBytes) break;
    end += units;
  }
  return text.slice(0, end);
}

/** The text of a program: storable, and cut with an ellipsis if it is longer than `mostBytes`. */
function boundedText(text: string, mostBytes: number): string {
  // The text far beyond the bound is not looked at.
  const clean = storable(text.slice(0, mostBytes * 2 + 2));
  if (text.length <= mostBytes * 2 + 2 && utf8Bytes(clean) <= mostBytes) return clean;
  return firstBytes(clean, mostBytes - utf8Bytes(ELLIPSIS)) + ELLIPSIS;
}

/** The same in one line. */
export function boundedLine(text: string, mostBytes: number): string {
  return boundedText(text.slice(0, mostBytes * 4).replace(CONTROLS, ' '), mostBytes).trim();
}

/** Characters that mark, link or end something in Markdown. A `_` within a word does none of these. */
const MARKDOWN = /[\\`*{}[\]<>#+!|~&$]|(?<!\w)_|_(?!\w)/g;

/** The text as it reads in Markdown, in one line. */
export function plainInMarkdown(text: string): string {
  return boundedLine(text, TEXT_BYTES.message).replace(MARKDOWN, '\\$&');
}

/** A failure in the form in which it is stored and shown, whoever wrote its message. */
export function boundedError(error: {
  readonly type: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly issues?: unknown;
}): EventError {
  const { type, message, retryable, issues } = error;
  const points = Array.isArray(issues) ? issues.filter((issue): issue is string => typeof issue === 'string') : [];
  return {
    ...(isFailureType(type)
      ? { type, message: boundedLine(message, TEXT_BYTES.message) }
      : {
          type: 'Failure.Unknown',
          message: boundedLine(`${boundedLine(type, TEXT_BYTES.type)}: ${message}`, TEXT_BYTES.message),
        }),
    retryable,
    ...(points.length > 0 && { issues: boundedIssues(points) }),
  };
}

/** A list of faults, cut to a bounded length. */
export function boundedIssues(issues: readonly string[]): string[] {
  return issues.slice(0, MAX_ISSUES).map((issue) => boundedLine(issue, TEXT_BYTES.issue));
}

/** The text of a person: the accepted text, or the refusal, which names the field. */
export type GivenText = { readonly text: string } | { readonly refusal: string };

/** `mostBytes` counts what is left when everything unstorable is out; white space at both ends does not count. */
export function givenText(field: string, value: unknown, mostBytes: number): GivenText {
  if (typeof value !== 'string') return { refusal: `${field} must be a text` };
  const text = storable(value).trim();
  if (text === '') return { refusal: `${field} is empty` };
  const bytes = utf8Bytes(text);
  return bytes > mostBytes
    ? { refusal: `${field} is ${bytes} bytes long; at most ${mostBytes} are allowed` }
    : { text };
}

function isPairAt(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}

/** What a caller has given, for a message about it: a text in quotes, and of anything else only its kind. */
export function shownValue(value: unknown): string {
  return typeof value === 'string' ? `"${boundedLine(value, TEXT_BYTES.shown)}"` : `(${typeof value})`;
}
