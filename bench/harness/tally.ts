import { nowMicros } from '../stand-in/clock';
import { tokensIn } from '../stand-in/token';
import type { Sink } from './adapter';

/** Latencies from the provider's write to the viewer, in milliseconds. */
export interface Latencies {
  readonly tokens: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The text that a viewer sees at the end. */
export interface Shown {
  readonly tokens: number;
  readonly bytes: number;
  readonly verdict: 'right' | 'doubled' | 'torn' | 'lost' | 'nothing';
  readonly ended: boolean;
  /** When its last token came, and when each gap over a second ended; microseconds. */
  readonly lastAt: number;
  readonly longestGap: { readonly from: number; readonly to: number };
}

interface Text {
  text: string;
  lastAt: number;
  longestGap: { from: number; to: number };
  ended: boolean;
}

/** Takes what viewers are shown, notes how late each token came, and judges what is there at the end. */
export class Tally implements Sink {
  private readonly texts = new Map<string, Text>();
  private writtenAt = new Float64Array(1 << 16);
  private late = new Float64Array(1 << 16);
  private count = 0;

  append(label: string, text: string): void {
    const now = nowMicros();
    const held = this.text(label);
    held.text += text;
    this.note(held, now);
    for (const token of tokensIn(text)) this.add(token.writtenAt, now - token.writtenAt);
  }

  replace(label: string, text: string): void {
    const now = nowMicros();
    const held = this.text(label);
    // A text that begins with the shown text continues it; any other text begins again.
    const more = text.startsWith(held.text) ? text.slice(held.text.length) : '';
    held.text = text;
    this.note(held, now);
    for (const token of tokensIn(more)) this.add(token.writtenAt, now - token.writtenAt);
  }

  cut(label: string, bytes: number): void {
    const held = this.text(label);
    held.text = Buffer.from(held.text).subarray(0, bytes).toString('utf8');
  }

  ended(label: string): void {
    this.text(label).ended = true;
  }

  /** The latencies of the tokens that were written from `from` to `to`, in microseconds. */
  latencies(from: number, to: number): Latencies {
    const late: number[] = [];
    for (let i = 0; i < this.count; i++) {
      const at = this.writtenAt[i] ?? 0;
      if (at >= from && at < to) late.push(this.late[i] ?? 0);
    }
    late.sort((a, b) => a - b);
    const at = (share: number) => (late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? NaN) / 1000;
    return { tokens: late.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }

  /** How the text of a label compares with the `expected` number of tokens. */
  shown(label: string, expected: number): Shown {
    const { text, lastAt, ended, longestGap } = this.text(label);
    const indexes = [...tokensIn(text)].map(({ index }) => index);
    return {
      tokens: indexes.length,
      bytes: Buffer.byteLength(text),
      verdict: verdictOf(indexes, expected),
      ended,
      lastAt,
      longestGap,
    };
  }

  /** Lets go of all that was noted, so that memory in use is the path's own. */
  clear(): void {
    this.texts.clear();
    this.count = 0;
    this.writtenAt = new Float64Array(1 << 16);
    this.late = new Float64Array(1 << 16);
  }

  private text(label: string): Text {
    let held = this.texts.get(label);
    if (!held) {
      held = { text: '', lastAt: 0, longestGap: { from: 0, to: 0 }, ended: false };
      this.texts.set(label, held);
    }
    return held;
  }

  private note(held: Text, now: number): void {
    const { from, to } = held.longestGap;
    if (held.lastAt > 0 && now - held.lastAt > to - from) held.longestGap = { from: held.lastAt, to: now };
    held.lastAt = now;
  }

  private add(writtenAt: number, late: number): void {
    if (this.count === this.late.length) {
      this.writtenAt = grown(this.writtenAt);
      this.late = grown(this.late);
    }
    this.writtenAt[this.count] = writtenAt;
    this.late[this.count++] = late;
  }
}

/**
 * `right`: every token once, in order. `doubled`: some tokens are there twice, for example because a text began again
 * after its torn first half. `torn`: no token twice, but out of order or with a hole. `lost`: the end is missing.
 */
function verdictOf(indexes: readonly number[], expected: number): Shown['verdict'] {
  if (indexes.length === 0) return 'nothing';
  if (new Set(indexes).size < indexes.length) return 'doubled';
  if (indexes.some((index, i) => index !== i)) return 'torn';
  return indexes.length < expected ? 'lost' : 'right';
}

function grown(from: Float64Array): Float64Array<ArrayBuffer> {
  const to = new Float64Array(from.length * 2);
  to.set(from);
  return to;
}
