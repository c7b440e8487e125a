import { signal } from '@preact/signals';
import { EventStream, type StoryEvent } from '../../src/protocol';
import { problemIn, type Problem } from '../api/ask';

export type Connection =
  'connecting' | 'catching_up' | 'live' | 'reconnecting' | 'ended' | 'let_go' | 'signed_out' | 'not_found';

type Control = { readonly type: 'caught_up' | 'end'; readonly reason?: string };

const BACKOFF_MS = { first: 1_000, most: 30_000 };
const HIDDEN_MS = 30_000;
/** The gateway sends a comment every 15 seconds. */
const SILENT_MS = 40_000;

/** Reads a project's events from the gateway until it is closed, and continues at its cursor however often it is cut off. */
export class StoryStream {
  readonly connection = signal<Connection>('connecting');
  readonly cursor = signal<string | undefined>(undefined);
  /** Since when nothing comes, in the browser's milliseconds. */
  readonly awaySince = signal<number | undefined>(undefined);
  problem: Problem | undefined;
  private stopped = false;
  private failures = 0;
  private leaving = new AbortController();
  private waking: (() => void) | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly projectId: string,
    /** False if events are missing: the stream then begins again with a snapshot. */
    private readonly take: (event: StoryEvent) => boolean,
  ) {
    document.addEventListener('visibilitychange', this.onVisibility);
    addEventListener('online', this.now);
    void this.run();
  }

  /** Tries at once, also after the end of a run. */
  readonly now = (): void => {
    this.failures = 0;
    this.waking?.();
  };

  close(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    removeEventListener('online', this.now);
    clearTimeout(this.hiding);
    this.leaving.abort();
    this.waking?.();
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
      const outcome = await this.read().catch(() => 'cut' as const);
      if (this.stopped) return;
      if (this.connection.value === 'let_go') await this.wait(undefined);
      else if (outcome === 'cut') {
        this.awaySince.value ??= Date.now();
        this.connection.value = 'reconnecting';
        const most = Math.min(BACKOFF_MS.first * 2 ** this.failures++, BACKOFF_MS.most);
        await this.wait(most * (0.5 + Math.random() / 2));
      } else {
        this.connection.value = outcome;
        this.awaySince.value = undefined;
        await this.wait(undefined);
      }
    }
  }

  private wait(ms: number | undefined): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.waking = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => {
      this.waking = undefined;
    });
  }

  private async read(): Promise<'cut' | 'ended' | 'signed_out' | 'not_found'> {
    if (this.connection.value !== 'reconnecting') this.connection.value = 'connecting';
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    let silent = setTimeout(() => this.leaving.abort(), SILENT_MS);
    const query = this.cursor.value === undefined ? '' : `?cursor=${this.cursor.value}`;
    try {
      const answer = await fetch(`/v1/projects/${this.projectId}/events${query}`, {
        headers: { accept: 'text/event-stream' },
        signal,
      });
      if (answer.status === 204) return 'ended';
      if (answer.status !== 200 || !answer.body) {
        this.problem = problemIn(answer.status, await answer.json().catch(() => undefined));
        if (answer.status === 401 || answer.status === 403) return 'signed_out';
        return answer.status === 404 ? 'not_found' : 'cut';
      }
      this.failures = 0;
      this.awaySince.value = undefined;
      this.connection.value = 'catching_up';
      const messages = new EventStream();
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'cut';
        clearTimeout(silent);
        silent = setTimeout(() => this.leaving.abort(), SILENT_MS);
        for (const { id, data } of messages.push(value)) {
          const event = JSON.parse(data) as StoryEvent | Control;
          if (event.type === 'caught_up') this.connection.value = 'live';
          else if (event.type === 'end') {
            await reader.cancel();
            return event.reason === 'revoked' ? 'signed_out' : 'ended';
          } else if (!this.take(event as StoryEvent)) {
            this.cursor.value = undefined;
            await reader.cancel();
            return 'cut';
          } else if (id !== '') this.cursor.value = id;
        }
      }
    } finally {
      clearTimeout(silent);
    }
  }
}
