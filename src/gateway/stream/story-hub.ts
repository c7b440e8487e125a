import { setTimeout as sleep } from 'node:timers/promises';
import type { StoryClient } from '../../client';
import { StoryreelError, type ProjectId } from '../../protocol';
import { ProjectHub } from './project-hub';
import { Rounds } from './rounds';
import { Turns } from './turns';
import type { Viewer } from './viewer';

const BEAT_MS = 15_000;
const WAVES = 10;
/** Viewers who come back from far behind are let in so many at once: a storm of them must not fill Postgres' pool. */
const CATCH_UPS = 32;

/** The streams of this process. */
export class StoryHub {
  private readonly hubs = new Map<ProjectId, ProjectHub>();
  /** Those that have ended or broken off may have viewers who are behind. */
  private readonly open = new Set<ProjectHub>();
  /** The viewers of streams that are about more than one project. */
  private readonly others = new Set<Viewer>();
  private readonly beating = setInterval(() => this.beat(), BEAT_MS);
  private readonly turns = new Turns(CATCH_UPS);
  private readonly rounds = new Rounds();
  private closing = false;

  constructor(private readonly stories: StoryClient) {}

  /** Throws `Gateway.Busy` while this process is about to end. */
  of(projectId: ProjectId): ProjectHub {
    this.mustBeOpen();
    const known = this.hubs.get(projectId);
    if (known) return known;
    const hub: ProjectHub = new ProjectHub(this.stories, projectId, this.turns, this.rounds, () => {
      if (this.hubs.get(projectId) === hub) this.hubs.delete(projectId);
    });
    this.hubs.set(projectId, hub);
    this.open.add(hub);
    return hub;
  }

  /**
   * Throws `Gateway.Busy` while this process is about to end. Its watches end, too. Without this check a viewer
   * who is just entering would read that the run has ended, and would not come back.
   */
  mustBeOpen(): void {
    if (this.closing) throw new StoryreelError('Gateway.Busy', 'This gateway is about to stop. Try again.');
  }

  /** Somebody connects or asks: viewers wait a moment. */
  readonly hurry = (): void => this.rounds.hurry();

  get isClosing(): boolean {
    return this.closing;
  }

  get viewers(): Viewer[] {
    return [...[...this.open].flatMap((hub) => [...hub.all()]), ...this.others];
  }

  /** A viewer whom somebody else writes to: it gets the heartbeat, and ends with this process. */
  add(viewer: Viewer): void {
    if (this.closing) viewer.drop();
    else if (!viewer.isGone) this.others.add(viewer);
  }

  remove(viewer: Viewer): void {
    this.others.delete(viewer);
  }

  /** Lets viewers go in waves over so many milliseconds, each with a delay of its own before it comes back. */
  async close(withinMs: number): Promise<void> {
    this.closing = true;
    clearInterval(this.beating);
    const viewers = this.viewers;
    const size = Math.ceil(viewers.length / WAVES);
    for (let at = 0; at < viewers.length; at += size) {
      for (const viewer of viewers.slice(at, at + size)) viewer.drop(Math.random() * 10_000);
      if (at + size < viewers.length) await sleep(withinMs / WAVES);
    }
    for (const hub of this.open) hub.close();
  }

  /** Proxies cut what is silent for 30 seconds or more. */
  private beat(): void {
    const current = new Set(this.hubs.values());
    for (const hub of this.open) {
      if (hub.isEmpty && !current.has(hub)) this.open.delete(hub);
      else hub.tidy();
    }
    this.rounds.add(heartbeats(this.viewers));
  }
}

function* heartbeats(viewers: readonly Viewer[]): Generator<void> {
  for (const viewer of viewers) {
    if (viewer.canTake) viewer.write(`: ${BEAT_MS / 1000}\n`);
    yield;
  }
}
