import { effect, signal } from '@preact/signals';
import { isFinal, type ProjectStatus, type StoryEvent } from '../../src/protocol';
import type { StreamEvent } from '../../src/protocol/viewer';
import { ask, asProblem, type Problem } from '../api/ask';
import type { Editable, Explanation, ProjectView, RunOptions, RunWaits } from '../api/types';
import { oneAtATime } from '../parts/one-at-a-time';
import { EarlierMedia } from './earlier-media';
import { StoryModel } from './story-model';
import { StoryStream } from './story-stream';

const REFRESH_MS = 150;
/** How often the stored state is asked for while no event can come. */
const AWAY_MS = 3_000;

/** One project on the page: its events, and further answers of the gateway. */
export class Story {
  readonly model = new StoryModel(() => this.stream.beginAgain());
  readonly view = signal<ProjectView | undefined>(undefined);
  readonly editable = signal<Editable | undefined>(undefined);
  /** What the run waits for, and when by `performance.now()` this was answered. */
  readonly waits = signal<{ readonly answer: RunWaits; readonly heard: number } | undefined>(undefined);
  /** What a run would make now; undefined while it is not known, or while something is made. */
  readonly ahead = signal<Explanation | undefined>(undefined);
  /** How the next run is started. */
  readonly nextRun = signal<RunOptions>({});
  readonly earlier = new EarlierMedia((sha256) => this.media(sha256));
  /** Why the newest answer is not shown. */
  readonly problem = signal<Problem | undefined>(undefined);
  readonly stream: StoryStream;
  private etag: string | undefined;
  private refreshing: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setInterval> | undefined;
  private readonly stopWatching: () => void;

  /** Whoever only watches may not see what can be edited. */
  constructor(
    readonly id: string,
    readonly isWatched = false,
  ) {
    this.stream = new StoryStream(id, (event) => this.take(event));
    void this.refresh();
    this.stopWatching = effect(() => {
      // A run that somebody else has started is seen by its status.
      const { connection } = this.stream;
      clearInterval(this.looking);
      if (connection.value === 'away') this.looking = setInterval(() => void this.refresh(), AWAY_MS);
      const status = this.view.value?.status;
      if (connection.value === 'ended' && status !== undefined && !isFinal(status)) this.stream.now();
    });
  }

  /** By the events; before they come, and while none can, by the gateway's answer. */
  get status(): ProjectStatus | undefined {
    const stored = this.view.value?.status;
    return this.isAway ? (stored ?? this.model.status) : (this.model.status ?? stored);
  }

  /** No event can come, because Redis is away: what is stored is newer than the last events. */
  get isAway(): boolean {
    return this.stream.connection.value === 'away';
  }

  get path(): string {
    return `/v1/projects/${this.id}`;
  }

  media(sha256: string): string {
    return `${this.path}/media/${sha256}`;
  }

  close(): void {
    this.stopWatching();
    clearTimeout(this.refreshing);
    clearInterval(this.looking);
    this.stream.close();
    this.earlier.close();
  }

  /** Resolves when the page shows what was stored at the call, or why that is not known. */
  readonly refresh = oneAtATime(async () => {
    clearTimeout(this.refreshing);
    this.refreshing = undefined;
    try {
      const { body, etag } = await ask<ProjectView>('GET', this.path);
      this.problem.value = undefined;
      if (etag !== undefined && etag === this.etag) return;
      this.view.value = body;
      if (!this.isWatched) {
        const editable = await ask<Editable>('GET', `${this.path}/editable`);
        this.editable.value = editable.body;
      }
      this.etag = etag;
    } catch (error) {
      this.problem.value = asProblem(error);
    }
  });

  private take(event: StoryEvent | StreamEvent): void {
    const replaced = this.model.replacedBy(event);
    if (replaced) void this.earlier.replaced(replaced.before, replaced.now);
    this.model.take(event);
    if (event.type !== 'token' && this.refreshing === undefined) {
      this.refreshing = setTimeout(() => void this.refresh(), REFRESH_MS);
    }
  }
}
