import type { ContinuedBy, Cursor, EventBody, LaneId, LogEvent, ProjectId, ResetReason } from '../protocol';

/** The attempt of a lane that writes. */
export interface LaneWriter {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  readonly fence: number;
  readonly attempt: number;
}

/** A piece of text for a lane, and where it belongs. Glossary: offset. */
export interface AppendRequest {
  readonly writer: LaneWriter;
  /** Bytes of UTF-8 that lie before `text` in the lane. */
  readonly offset: number;
  readonly text: string;
  /**
   * Used if this is the attempt's first write: why the earlier text is removed, or how it is continued from `offset`.
   * With `thoughts` and offset 0, the attempt's own text is removed as well.
   */
  readonly reason?: ResetReason;
  readonly continued?: ContinuedBy;
}

/**
 * `ok`: the lane now holds `length` bytes, counting a repeated piece once. `stale`: a newer attempt owns the lane.
 * `gap`: the lane holds only `length` bytes; send from there.
 * Glossary: gap.
 */
export type AppendReply =
  | { readonly kind: 'ok'; readonly length: number }
  | { readonly kind: 'stale'; readonly fence: number }
  | { readonly kind: 'gap'; readonly length: number };

/** Events to be published together, and the conditions for it. Glossary: once-mark. */
export interface PublishRequest {
  readonly projectId: ProjectId;
  readonly stage: string;
  readonly events: readonly EventBody[];
  /** The event is refused as stale if a newer attempt has written to the lane. */
  readonly writer?: LaneWriter;
  /** Published only when the lane's text has exactly so many bytes, by this writer; else `gap`. */
  readonly needsBytes?: number;
  /** Published only when `value` is greater than the last one published under `key`; else `seen`. */
  readonly once?: { readonly key: string; readonly value: number };
  /**
   * For an event about the run as a whole. It is refused as stale if a run began (`keep`) under a newer fence. The same is
   * true after an event with `isLatest` under a newer fence: the end of a run, or its status.
   */
  readonly run?: { readonly fence: number; readonly isLatest?: boolean };
  /** Messages for legacy clients (docs/protocol.md), by stage; the log adds the fields of their head. */
  readonly legacy?: readonly LegacyMessage[];
}

/** The mark under which a run announces its end: no later run removes such marks. */
const END_MARK = 'end';

export function isEndMark(key: string): boolean {
  return key === END_MARK || key.startsWith(`${END_MARK}:`);
}

export interface LegacyMessage {
  readonly stage: string;
  readonly body: { readonly type: string } & Readonly<Record<string, unknown>>;
}

export type PublishReply =
  | { readonly kind: 'ok' }
  | { readonly kind: 'seen' }
  | { readonly kind: 'stale'; readonly fence: number }
  | { readonly kind: 'gap'; readonly length: number };

/** What the log holds of a lane. Glossary: epoch. */
export interface StoredLane {
  readonly fence: number;
  readonly attempt: number;
  readonly text: string;
}

export interface LogSnapshot {
  /** The last event that the snapshot includes; absent if the log has no event. */
  readonly cursor?: Cursor;
  readonly lanes: ReadonlyMap<LaneId, StoredLane>;
  /** The newest fence that has published anything about each lane: at least the fence of the lane's text. */
  readonly newest: ReadonlyMap<LaneId, number>;
}

/** `event`: appended after `before`. `interrupted`: some may have been missed; read on from the last one seen. */
export type LogMessage =
  { readonly kind: 'event'; readonly event: LogEvent; readonly previousId: Cursor } | { readonly kind: 'interrupted' };

/**
 * The event log of all projects: a port with a Redis and an in-memory version, held to the same by one contract suite.
 * Every method but `subscribe`'s listener may reject while the store is away; nothing is half-done then, and the same
 * call may be repeated.
 * Glossary: event log.
 */
export interface EventLog {
  append(request: AppendRequest): Promise<AppendReply>;
  publish(request: PublishRequest): Promise<PublishReply>;
  /** All lanes, and the cursor of their state, read in one step. */
  snapshot(projectId: ProjectId): Promise<LogSnapshot>;
  lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined>;
  /** Up to `limit` events after `from`; undefined if the log no longer holds that position. */
  read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined>;
  /**
   * Resolves once nothing that is appended from now on is missed; earlier events are not delivered. The resolved
   * function ends the subscription. The signal ends the attempt to subscribe, which lasts as long as the store is away.
   */
  subscribe(projectId: ProjectId, listener: (message: LogMessage) => void, signal?: AbortSignal): Promise<() => void>;
  /** Removes the log and the texts after `seconds`. Given a run's fence, only if no newer run has begun or ended. */
  expire(projectId: ProjectId, seconds: number, run?: number): Promise<void>;
  /**
   * Cancels an expiry, because a new run begins, and removes the marks of earlier runs, except those of their ends.
   * Given the fence of the new run, later events of earlier runs are refused. If a newer run has begun or ended
   * already, nothing is changed.
   */
  keep(projectId: ProjectId, run?: number): Promise<void>;
  /**
   * Removes the project. An attempt that still runs may create it again; what that attempt stores expires
   * automatically.
   */
  delete(projectId: ProjectId): Promise<void>;
  close(): Promise<void>;
}
