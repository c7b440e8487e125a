import type { Cursor, LaneId, LogEvent, ProjectId } from '../../src/protocol';
import type {
  AppendReply,
  AppendRequest,
  EventLog,
  LogMessage,
  LogSnapshot,
  PublishReply,
  PublishRequest,
  StoredLane,
} from '../../src/stream';

/** A log that can be away, slow, forgetful of its answers and hard of hearing; all else is the log behind it. */
export class FaultyLog implements EventLog {
  /** Every append that was asked for, in order. */
  readonly appends: AppendRequest[] = [];
  /** Every call is refused. */
  away = false;
  /** So many appends are done, and their answers lost. */
  loseAnswers = 0;
  /** Listeners miss what is appended. */
  deaf = false;
  /** Texts cannot be read, only events. */
  textsAway = false;
  listeners = 0;
  private readonly hearing = new Set<(message: LogMessage) => void>();
  private gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  constructor(public inner: EventLog) {}

  /** Appends and subscriptions wait until what it gives is called. */
  hold(): () => void {
    let open = () => undefined as void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.gate = { opened, open };
    return open;
  }

  interrupt(): void {
    for (const listener of [...this.hearing]) listener({ kind: 'interrupted' });
  }

  async append(request: AppendRequest): Promise<AppendReply> {
    this.appends.push(request);
    await this.gate?.opened;
    this.check();
    const reply = await this.inner.append(request);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw new Error('the answer was lost');
    }
    return reply;
  }

  async publish(request: PublishRequest): Promise<PublishReply> {
    this.check();
    return this.inner.publish(request);
  }

  async snapshot(projectId: ProjectId): Promise<LogSnapshot> {
    this.check();
    return this.inner.snapshot(projectId);
  }

  async lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    this.check();
    if (this.textsAway) return undefined;
    return this.inner.lane(projectId, lane);
  }

  async read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    this.check();
    return this.inner.read(projectId, from, limit);
  }

  async subscribe(projectId: ProjectId, listener: (message: LogMessage) => void): Promise<() => void> {
    await this.gate?.opened;
    this.check();
    const leave = await this.inner.subscribe(projectId, (message) => {
      if (!this.deaf) listener(message);
    });
    this.hearing.add(listener);
    this.listeners += 1;
    return () => {
      leave();
      if (this.hearing.delete(listener)) this.listeners -= 1;
    };
  }

  expire(projectId: ProjectId, seconds: number, run?: number): Promise<void> {
    return this.inner.expire(projectId, seconds, run);
  }

  keep(projectId: ProjectId, run?: number): Promise<void> {
    return this.inner.keep(projectId, run);
  }

  delete(projectId: ProjectId): Promise<void> {
    return this.inner.delete(projectId);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private check(): void {
    if (this.away) throw new Error('the log is away');
  }
}
