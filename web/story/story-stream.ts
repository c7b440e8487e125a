import { signal } from '@preact/signals';
import type { StoryEvent } from '../../src/protocol';
import { backoffMs, isStreamEvent, pause, readStream, type StreamEvent } from '../../src/protocol/viewer';
import { problemIn, type Problem } from '../api/ask';

export type Connection =
  | 'connecting'
  | 'catching_up'
  | 'live'
  | 'behind'
  | 'away'
  | 'reconnecting'
  | 'ended'
  | 'let_go'
  | 'signed_out'
  | 'not_found';

/** How one stream has ended, and what is to be done then. */
type Outcome = 'again' | 'cut' | 'ended' | 'signed_out' | 'not_found';

const HIDDEN_MS = 30_000;
const NEVER_MS = 2 ** 31 - 1;

/** Reads a project's events from the gateway until it is closed, and continues at its cursor however often it is cut off. */
export class StoryStream {
  readonly connection = signal<Connection>('connecting');
  /** No signal, because it changes with every token. */
  cursor: string | undefined;
  problem: Problem | undefined;
  private stopped = false;
  private failures = 0;
  private hasGap = false;
  private leaving = new AbortController();
  private waking = new AbortController();
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly projectId: string,
    private readonly take: (event: StoryEvent | StreamEvent) => void,
  ) {
    document.addEventListener('visibilitychange', this.onVisibility);
    addEventListener('online', this.now);
    void this.run();
  }

  /** Tries at once, also after the end of a run. */
  readonly now = (): void => {
    this.failures = 0;
    this.waking.abort();
  };

  /** Something is missing: the stream begins again with a snapshot. */
  readonly beginAgain = (): void => {
    this.hasGap = true;
    this.leaving.abort();
    this.now();
  };

  close(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    removeEventListener('online', this.now);
    clearTimeout(this.hiding);
    this.leaving.abort();
    this.waking.abort();
  }

  /** A hidden tab lets its stream go, because a browser has few connections for all of its tabs. */
  private readonly onVisibility = (): void => {
    clearTimeout(this.hiding);
    if (document.visibilityState === 'hidden') {
      this.hiding = setTimeout(() => {
        if (this.connection.value === 'ended') return;
        this.connection.value = 'let_go';
        this.leaving.abort();
      }, HIDDEN_MS);
    } else if (this.connection.value === 'let_go') this.now();
  };

  private async run(): Promise<void> {
    while (!this.stopped) {
      const outcome = await this.read().catch((): Outcome => 'cut');
      if (this.stopped) return;
      if (this.connection.value === 'let_go') await this.wait(NEVER_MS);
      else if (this.hasGap) {
        this.hasGap = false;
        this.cursor = undefined;
      } else if (outcome === 'cut' || outcome === 'again') {
        this.connection.value = 'reconnecting';
        await this.wait(outcome === 'again' ? 0 : backoffMs(this.failures++));
      } else {
        this.connection.value = outcome;
        await this.wait(NEVER_MS);
      }
    }
  }

  private async wait(ms: number): Promise<void> {
    this.waking = new AbortController();
    await pause(ms, this.waking.signal);
  }

  private async read(): Promise<Outcome> {
    if (this.connection.value !== 'reconnecting') this.connection.value = 'connecting';
    this.leaving = new AbortController();
    const query = this.cursor === undefined ? '' : `?cursor=${this.cursor}`;
    const answer = await fetch(`/v1/projects/${this.projectId}/events${query}`, {
      headers: { accept: 'text/event-stream' },
      signal: this.leaving.signal,
    });
    if (answer.status === 204) return 'ended';
    if (answer.status !== 200 || !answer.body) {
      this.problem = problemIn(answer.status, await answer.json().catch(() => undefined));
      if (answer.status === 401 || answer.status === 403) return 'signed_out';
      return answer.status === 404 ? 'not_found' : 'cut';
    }
    this.connection.value = 'catching_up';
    for await (const { id, data } of readStream(answer.body).messages) {
      this.failures = 0;
      const event = JSON.parse(data) as StoryEvent | StreamEvent;
      this.take(event);
      if (this.hasGap) return 'again';
      if (!isStreamEvent(event)) this.cursor = id === '' ? this.cursor : id;
      else if (event.type === 'caught_up') this.connection.value = 'live';
      else if (event.type === 'stream') this.connection.value = event.state;
      else if (event.type === 'end') return endOf(event.reason);
    }
    return 'cut';
  }
}

function endOf(reason: string): Outcome {
  return reason === 'revoked' || reason === 'expired' ? 'signed_out' : 'ended';
}
