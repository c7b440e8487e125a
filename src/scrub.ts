import { unescaped } from './unescaped';

const HIDDEN = '[hidden]';

/** A shorter one would be found in the middle of plain words. */
const SHORTEST = 8;
/** For a long key, a beginning of this length is secret, too. */
const BEGINNING = 16;
/** Keys that files hold are changed now and then: the oldest are forgotten. */
const MAX_KNOWN = 100;

/**
 * Keys of providers by their shape, also such as were never given to this process; and the user and password of a URL.
 * `user:password` is what our own messages write in an example.
 */
const SHAPES = [
  /\b(?:sk|pk|rk|key|token)-[\w*.-]{4,}/gi,
  /\b(?:AIza|xai-)[\w*.-]{6,}/g,
  /\b(?:hf|gsk|r8)_[\w*.-]{6,}/g,
  /\bsr_[0-9a-f]{8}_[\w-]{4,}/g,
  /\bBearer\s+\S+/gi,
  /:\/\/(?!user:password@)[^\s:@/]*:[^\s@/]+@/g,
];

/** The forms of each secret, in small letters: plain, and encoded. */
const known = new Map<string, { readonly plain: readonly string[]; readonly encoded: readonly string[] }>();

/** From now on `scrub` removes this value from every text, in all its forms. */
export function keepSecret(value: string | undefined): void {
  if (value === undefined || value.length < SHORTEST || known.has(value)) return;
  const bytes = Buffer.from(value);
  const beginning = value.length >= BEGINNING * 1.5 ? [value.slice(0, BEGINNING)] : [];
  known.set(value, {
    plain: [value, bytes.toString('hex'), ...beginning].map(small),
    encoded: [0, 1, 2].map((before) => small(inBase64(bytes, before))),
  });
  for (const oldest of known.keys()) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
}

/**
 * Removes every key and password that this process knows from a text. It finds them URL-encoded, escaped as in JSON, in
 * base64 (alone or within something longer) and in hexadecimal. It also removes whatever looks like a provider's key.
 */
export function scrub(text: string): string {
  return SHAPES.reduce((result, shape) => result.replace(shape, HIDDEN), withoutKnown(text));
}

/** The same for every text within a value, such as a log line's fields. */
export function scrubWithin(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map(scrubWithin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, scrubWithin(each)]));
}

function withoutKnown(text: string): string {
  if (known.size === 0) return text;
  const found: [start: number, end: number][] = [];
  for (const layer of unescaped(text)) {
    const plain = small(layer.text);
    // Both alphabets of base64 are one.
    const encoded = plain.replaceAll('-', '+').replaceAll('_', '/');
    const look = (where: string, what: string) => {
      for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + what.length)) {
        found.push([layer.starts[at] ?? 0, layer.ends[at + what.length - 1] ?? text.length]);
      }
    };
    for (const forms of known.values()) {
      for (const form of forms.plain) look(plain, form);
      for (const form of forms.encoded) look(encoded, form);
    }
  }
  let result = '';
  let kept = 0;
  for (const [start, end] of found.sort((a, b) => a[0] - b[0])) {
    if (start >= kept) result += text.slice(kept, start) + HIDDEN;
    kept = Math.max(kept, end);
  }
  return result + text.slice(kept);
}

/** Changes ASCII only, so that the text keeps its length. */
function small(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/**
 * The part of the secret's base64 form that does not depend on its surroundings. `before` is the number of bytes that
 * come before it in a group of three.
 */
function inBase64(secret: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
}
