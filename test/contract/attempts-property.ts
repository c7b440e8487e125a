import fc from 'fast-check';
import type { LogEvent, StoryEvent } from '../../src/protocol';
import type { EventLog, LaneWriter } from '../../src/stream';
import { textSeen } from '../support/stories';
import { append, begin, readAll, REWRITE, textOf, writerOf } from './log-under-test';

/** What an attempt does next: send what is new, send again what it has sent, or send and never get the answer. */
type Step = { readonly by: 0 | 1; readonly how: 'send' | 'repeat' | 'lose' };

const piece = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '雨', '🎬', '\n', '"', '\\', '/', '\u0001'),
  minLength: 1,
  maxLength: 4,
});
const step: fc.Arbitrary<Step> = fc.record({
  by: fc.constantFrom(0, 1),
  how: fc.constantFrom('send', 'repeat', 'lose'),
});

/** An attempt that knows only what the log has answered it. */
class Attempt {
  stale = false;
  begun = false;
  private acknowledged = 0;
  private written: number;

  constructor(
    private readonly log: EventLog,
    private readonly writer: LaneWriter,
    readonly pieces: readonly string[],
    private readonly prefix = '',
  ) {
    this.written = 0;
    this.acknowledged = Buffer.byteLength(prefix);
  }

  get text(): string {
    return this.prefix + this.pieces.join('');
  }

  async take(how: Step['how']): Promise<void> {
    if (this.stale) return;
    this.begun = true;
    if (how !== 'repeat') this.written = Math.min(this.written + 1, this.pieces.length);
    await this.sendFrom(how === 'repeat' ? 0 : this.acknowledged, how !== 'lose');
  }

  async finish(): Promise<void> {
    this.written = this.pieces.length;
    this.begun = true;
    while (!this.stale && this.acknowledged < Buffer.byteLength(this.text))
      await this.sendFrom(this.acknowledged, true);
  }

  private async sendFrom(offset: number, heard: boolean): Promise<void> {
    const from = Math.max(offset, Buffer.byteLength(this.prefix));
    const bytes = Buffer.from(this.prefix + this.pieces.slice(0, this.written).join(''));
    const reply = await append(this.log, this.writer, from, bytes.subarray(from).toString('utf8'), {
      ...(this.prefix && { continued: 'prefill' }),
    });
    if (!heard) return;
    if (reply.kind === 'stale') this.stale = true;
    else this.acknowledged = reply.length;
  }
}

export function attemptsProperty(log: () => EventLog, runs: number): void {
  const pieces = fc.array(piece, { minLength: 1, maxLength: 6 });

  test('two attempts that interleave, repeat themselves and lose answers leave the text of the newer one, and so its viewer sees it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(pieces, pieces),
        fc.array(step, { maxLength: 20 }),
        fc.boolean(),
        async ([older, newer], steps, continues) => {
          const { projectId, start } = await begin(log());
          const first = new Attempt(log(), writerOf(projectId, 1), older);
          let second: Attempt | undefined;
          for (const { by, how } of steps) {
            if (by === 0) await first.take(how);
            else {
              const held = continues ? await textOf(log(), projectId) : undefined;
              second ??= new Attempt(log(), writerOf(projectId, 2), newer, held);
              await second.take(how);
            }
          }
          await first.finish();
          await second?.finish();

          const expected = (second ?? first).text;
          expect(await textOf(log(), projectId)).toBe(expected);
          const events: readonly LogEvent[] = await readAll(log(), projectId, start);
          expect(textSeen(events as readonly StoryEvent[], REWRITE)).toBe(expected);
          const fences = events.map(({ fence }) => fence ?? 0);
          expect(fences).toEqual([...fences].sort((a, b) => a - b));
          expect(events.filter(({ type }) => type === 'reset' || type === 'resumed').length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: runs },
    );
  });
}
