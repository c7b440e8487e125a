import fc from 'fast-check';
import type { EventLog, LaneWriter } from '../../src/stream';
import { until } from '../support/until';
import { append, NOTE } from './log-under-test';

const piece = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '雨', '🎬', '\n', '"', '\\', '/', '\u0001'),
  minLength: 1,
  maxLength: 4,
});
export const pieces = fc.array(piece, { minLength: 1, maxLength: 6 });

/** What an attempt does next: send what is new, send again what it has sent, or send and never get the answer. */
export type Step = { readonly by: 0 | 1; readonly how: 'send' | 'repeat' | 'lose' };
export const step: fc.Arbitrary<Step> = fc.record({
  by: fc.constantFrom(0, 1),
  how: fc.constantFrom('send', 'repeat', 'lose'),
});

/** An attempt that knows only what the log has answered it. Where the log is away it asks again. */
export class Attempt {
  stale = false;
  private acknowledged: number;
  private written = 0;
  private readonly prefixBytes: number;
  private continues: boolean;

  constructor(
    private readonly log: EventLog,
    private readonly writer: LaneWriter,
    private readonly pieces: readonly string[],
    /** The text that it goes on from. */
    private readonly prefix = '',
  ) {
    this.prefixBytes = Buffer.byteLength(prefix);
    this.acknowledged = this.prefixBytes;
    this.continues = prefix !== '';
  }

  get text(): string {
    return this.prefix + this.pieces.join('');
  }

  async take(how: Step['how']): Promise<void> {
    if (this.stale) return;
    if (how !== 'repeat') this.written = Math.min(this.written + 1, this.pieces.length);
    await this.sendFrom(how === 'repeat' ? 0 : this.acknowledged, how !== 'lose');
  }

  /** Sends all that the log lacks, and says so there once it lacks nothing; until a newer attempt is in its place. */
  async finish(): Promise<void> {
    this.written = this.pieces.length;
    const { projectId, lane } = this.writer;
    const needsBytes = Buffer.byteLength(this.text);
    while (!this.stale) {
      await this.sendFrom(this.acknowledged, true);
      if (this.acknowledged < needsBytes) continue;
      const done = { projectId, stage: lane, events: [NOTE], writer: this.writer, needsBytes };
      const reply = await patiently(() => this.log.publish(done));
      if (reply.kind === 'ok') return;
      if (reply.kind === 'gap') this.has(reply.length);
      else this.stale = true;
    }
  }

  private async sendFrom(offset: number, heard: boolean): Promise<void> {
    const from = this.continues ? Math.max(offset, this.prefixBytes) : offset;
    const bytes = Buffer.from(this.prefix + this.pieces.slice(0, this.written).join(''));
    const reply = await patiently(() =>
      append(this.log, this.writer, from, bytes.subarray(from).toString('utf8'), {
        ...(this.continues ? { continued: 'prefill' as const } : this.prefix && { reason: 'retry' as const }),
      }),
    );
    if (!heard) return;
    // What was taken is its own text from here on, and what it went on from is of no more use.
    if (reply.kind === 'ok') this.continues = false;
    if (reply.kind === 'stale') this.stale = true;
    else this.has(reply.length);
  }

  private has(length: number): void {
    this.acknowledged = length;
    // What it went on from is gone: then the text is all its own.
    if (length < this.prefixBytes) this.continues = false;
  }
}

/** The answer; while the log is away, the same call is repeated, as the port allows. */
export function patiently<T extends object>(call: () => Promise<T>): Promise<T> {
  return until('the log answers', () => call().catch(() => undefined));
}
