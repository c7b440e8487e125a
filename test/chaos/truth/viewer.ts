import type { StoryClient } from '../../../src/client';
import { isFinal, isTerminal, type LaneId, type ProjectId, type StoryEvent } from '../../../src/protocol';

/** Somebody who looks on all along, and comes back for the next run when one has ended. */
export class Viewer {
  /** What each watch has shown, in order. */
  readonly watches: StoryEvent[][] = [];
  private watching: Promise<void> | undefined;
  private failed: Error | undefined;

  constructor(
    private readonly client: StoryClient,
    private readonly projectId: ProjectId,
  ) {}

  /** Goes on looking, where the last watch has ended. */
  look(): void {
    if (this.watching) return;
    const seen: StoryEvent[] = [];
    this.watches.push(seen);
    this.watching = (async () => {
      for await (const event of this.client.watch(this.projectId)) seen.push(event);
    })()
      .catch((error: Error) => void (this.failed ??= error))
      .then(() => (this.watching = undefined));
  }

  /** Resolves when the watch has ended by itself. */
  async end(): Promise<void> {
    await this.watching;
    if (this.failed) throw this.failed;
  }

  /** What is wrong with what was shown. */
  complaints(): string[] {
    return this.watches.flatMap((seen, i) => complaintsOf(seen).map((what) => `watch ${i}: ${what}`));
  }
}

function complaintsOf(seen: readonly StoryEvent[]): string[] {
  const wrong: string[] = [];
  const texts = new Map<LaneId, Buffer>();
  const last = seen.at(-1);
  const ends = seen.filter(isTerminal).length;
  const hasEnded = last && (isTerminal(last) || (last.type === 'snapshot' && isFinal(last.status)));
  if (!hasEnded) wrong.push(`it ended with ${last ? JSON.stringify(last).slice(0, 200) : 'nothing'}`);
  if (ends > 1) wrong.push(`${ends} terminal events`);
  for (const event of seen) {
    if (event.type === 'snapshot') {
      texts.clear();
      for (const [lane, { text, verified }] of Object.entries(event.lanes)) {
        if (text !== undefined) texts.set(lane as LaneId, Buffer.from(text));
        if (verified === false) wrong.push(`a snapshot of ${lane} is not what is stored`);
      }
    } else if (event.lane !== undefined) {
      const text = texts.get(event.lane) ?? Buffer.alloc(0);
      if (event.type === 'reset') texts.set(event.lane, Buffer.alloc(0));
      else if (event.type === 'resumed') texts.set(event.lane, text.subarray(0, event.offset));
      else if (event.type === 'token') {
        if (event.offset !== text.length)
          wrong.push(`${event.lane}: a token at ${event.offset} of ${text.length} bytes`);
        texts.set(event.lane, Buffer.concat([text, Buffer.from(event.content)]));
      } else if (event.type === 'done' && event.verified !== true) {
        wrong.push(`${event.lane}: done is not verified: ${JSON.stringify(event)}`);
      }
    }
  }
  return wrong;
}
