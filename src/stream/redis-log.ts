import type { Cluster, Redis } from 'ioredis';
import { parseCursor, type Cursor, type LaneId, type LogEvent, type ProjectId } from '../protocol';
import type {
  AppendReply,
  AppendRequest,
  EventLog,
  LogMessage,
  LogSnapshot,
  PublishReply,
  PublishRequest,
  StoredLane,
} from './event-log';
import { AppendQueue, type Piece } from './append-queue';
import { keys } from './keys';
import { whenReady } from './redis-connection';
import { RefusalReport } from './redis-refusals';
import type { LogBounds } from './redis-listener';
import { RedisScripts } from './redis-scripts';
import { RedisSubscriber } from './redis-subscriber';
import { decodeEvent, encodeEvent } from './wire';

/** What existing clients of the old product get: nothing, deltas, or the whole text with every token (O(n²) bytes). */
export type UpstreamMode = 'off' | 'on' | 'full';

/** The mode that the two settings ask for. */
export function upstreamMode(settings: {
  readonly UPSTREAM_CHANNELS: boolean;
  readonly UPSTREAM_FULL_TEXT: boolean;
}): UpstreamMode {
  if (!settings.UPSTREAM_CHANNELS) return 'off';
  return settings.UPSTREAM_FULL_TEXT ? 'full' : 'on';
}

export interface RedisLogOptions {
  /** Entries kept per project, roughly. */
  readonly maxEntries: number;
  readonly upstream: UpstreamMode;
  /** The longest that a piece may wait for those of other streams, in milliseconds. */
  readonly appendWaitMs: number;
  /** Where refusals are counted and logged. */
  readonly refusals?: RefusalReport;
}

type PublishAnswer = [kind: 'OK' | 'MUTE' | 'STALE' | 'GAP' | 'SEEN', value: string | number];
type AppendAnswer = number | [kind: 'STALE' | 'GAP' | 'ERR' | 'MUTE', value: string | number, length?: number];
type LifetimeAnswer = [kind: 'OK' | 'STALE' | 'MORE', value: string | number];

/** A key, and the command that reads it. */
type Reading = readonly [key: string, command: string, ...args: (string | number)[]];

/** How long readers are kept waiting for the one connection after the other is back. */
const READABLE_MS = 5_000;
/** A log in which no attempt begins for so long is let go, whatever became of its run. */
const IDLE_SECONDS = 7 * 24 * 3_600;

function constantsOf({ maxEntries, upstream }: RedisLogOptions): string {
  return `local LOG_MAX_EVENTS, IDLE_SECONDS, UPSTREAM = ${maxEntries}, ${IDLE_SECONDS}, '${upstream}'`;
}

/**
 * The event log in Redis or Valkey, also as a cluster: one Stream, one hash and one text per lane for each project.
 */
export class RedisEventLog implements EventLog {
  private readonly redis: Redis | Cluster;
  private readonly scripts: RedisScripts;
  private readonly subscriber: RedisSubscriber;
  private readonly queue: AppendQueue;
  private readonly refusals: RefusalReport;

  constructor(
    publisher: Redis | Cluster,
    /**
     * Made on the first subscription, so that a process which only writes holds one connection. Any node of a cluster
     * will do: each hears what is published on the others.
     */
    connectSubscriber: () => Redis,
    private readonly options: RedisLogOptions,
  ) {
    this.refusals = options.refusals ?? new RefusalReport();
    this.scripts = new RedisScripts(publisher, constantsOf(options));
    this.redis = publisher;
    this.subscriber = new RedisSubscriber(connectSubscriber, {
      boundsOf: (projectId) => this.boundsOf(projectId),
      decode: (projectId, id, stored) => this.decode(projectId, id, stored),
      readable: () => whenReady(publisher, READABLE_MS).catch(() => undefined),
    });
    this.queue = new AppendQueue({ send: (pieces) => this.send(pieces), mostWaitMs: options.appendWaitMs });
  }

  /** Resolves when the log can be reached, rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    return whenReady(this.redis, timeoutMs);
  }

  append({ writer, offset, text, reason, continued }: AppendRequest): Promise<AppendReply> {
    const { projectId, lane, fence, attempt } = writer;
    const opening = reason || continued ? ` ${reason ?? '-'} ${continued ?? '-'}` : '';
    const others = this.declared([keys.lanes(projectId), keys.text(projectId, lane)]);
    return this.queue.append(keys.log(projectId), others, `${lane} ${fence} ${attempt} ${offset}${opening}`, text);
  }

  /** One script a call; in a cluster one a project, because a script may touch one slot only. */
  private async send(pieces: readonly Piece[]): Promise<readonly (AppendReply | undefined)[]> {
    if (!this.redis.isCluster) return this.sendTogether(pieces);
    const byKey = new Map<string, number[]>();
    pieces.forEach(({ key }, i) => byKey.set(key, [...(byKey.get(key) ?? []), i]));
    const replies: (AppendReply | undefined)[] = [];
    await Promise.allSettled(
      [...byKey.values()].map(async (indexes) => {
        const answers = await this.sendTogether(indexes.map((i) => pieces[i] as Piece));
        indexes.forEach((index, i) => (replies[index] = answers[i]));
      }),
    );
    return replies;
  }

  private async sendTogether(pieces: readonly Piece[]): Promise<(AppendReply | undefined)[]> {
    const names: string[] = [];
    const args: string[] = [];
    for (const { key } of pieces) names.push(key);
    for (const { others } of pieces) names.push(...others);
    for (const { head, text } of pieces) args.push(head, text);
    const answers = await this.guard('append', () => this.scripts.run<AppendAnswer[]>('append', names, args));
    return answers.map((answer) => this.appendReply(answer));
  }

  publish(request: PublishRequest): Promise<PublishReply> {
    return this.guard('publish', () => this.publishOnce(request));
  }

  private async publishOnce(request: PublishRequest): Promise<PublishReply> {
    const { projectId, stage, writer, mark, run } = request;
    const payloads = request.events.map((body) => encodeEvent(stage, writer, body));
    const upstream = this.options.upstream === 'off' ? [] : (request.upstream ?? []);
    const names = [
      keys.log(projectId),
      ...this.declared([keys.lanes(projectId), ...(writer ? [keys.text(projectId, writer.lane)] : [])]),
    ];
    const [kind, value] = await this.scripts.run<PublishAnswer>('publish', names, [
      writer?.lane ?? '',
      writer?.fence ?? 0,
      request.needsBytes ?? '',
      mark?.key ?? '',
      mark?.value ?? 0,
      run?.fence ?? '',
      run?.ends ? 1 : 0,
      payloads.length,
      ...payloads,
      ...upstream.flatMap((message) => [
        keys.upstream(projectId, message.stage),
        JSON.stringify({
          project_id: projectId,
          stage: message.stage,
          timestamp: Date.now() / 1000,
          ...message.body,
        }),
      ]),
    ]);
    switch (kind) {
      case 'STALE':
        return { kind: 'stale', fence: Number(value) };
      case 'GAP':
        return { kind: 'gap', length: Number(value) };
      case 'SEEN':
        return { kind: 'seen' };
      case 'MUTE':
        this.refusals.answered('announce', String(value));
        return { kind: 'ok' };
      case 'OK':
        return { kind: 'ok' };
    }
  }

  snapshot(projectId: ProjectId): Promise<LogSnapshot> {
    return this.guard('read', () => this.takeSnapshot(projectId));
  }

  private async takeSnapshot(projectId: ProjectId): Promise<LogSnapshot> {
    let lanes: LaneId[] = [];
    for (;;) {
      const asked = lanes;
      const texts = asked.map((lane): Reading => [keys.text(projectId, lane), 'GET']);
      const values = await this.readAtOnce([keys.lanes(projectId), 'HGETALL'], ...texts);
      const fields = recordOf(values[0] as string[]);
      lanes = lanesIn(Object.keys(fields));
      // A lane that appeared since is asked for as well, so that texts and cursor come from one moment.
      if (lanes.some((lane) => !asked.includes(lane))) continue;
      const cursor = fields['last'] === undefined ? undefined : parseCursor(fields['last']);
      return {
        ...(cursor && { cursor }),
        // A lane that was asked for may have expired since.
        lanes: new Map(
          asked
            .map((lane, i) => [lane, values[i + 1] as string | null] as const)
            .filter(([lane]) => lanes.includes(lane))
            .map(([lane, text]) => [lane, storedLane(fields, lane, text)]),
        ),
        newest: new Map(
          lanesIn(Object.keys(fields), 'newest:').map((lane) => [lane, Number(fields[`newest:${lane}`])]),
        ),
      };
    }
  }

  lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    return this.guard('read', () => this.readLane(projectId, lane));
  }

  private async boundsOf(projectId: ProjectId): Promise<LogBounds> {
    const [last, entries] = (await this.readAtOnce(
      [keys.lanes(projectId), 'HGET', 'last'],
      [keys.log(projectId), 'XRANGE', '-', '+', 'COUNT', 1],
    )) as [string | null, [id: string][]];
    return { first: parseCursor(entries[0]?.[0] ?? ''), last: parseCursor(last ?? '') };
  }

  private async readLane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    const [fields, text] = (await this.readAtOnce(
      [keys.lanes(projectId), 'HMGET', `fence:${lane}`, `attempt:${lane}`],
      [keys.text(projectId, lane), 'GET'],
    )) as [(string | null)[], string | null];
    if (fields[0] == null) return undefined;
    return { fence: Number(fields[0]), attempt: Number(fields[1] ?? 1), text: text ?? '' };
  }

  async read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    // The entry at the cursor must still be there: what came right after it cannot have been trimmed or lost then.
    const entries = await this.guard('read', () =>
      this.redis.xrange(keys.log(projectId), from, '+', 'COUNT', limit + 1),
    );
    if (entries[0]?.[0] !== from) return undefined;
    const news = entries.slice(1);
    const events = news.flatMap(([id, fields]) => this.decode(projectId, id as Cursor, fields[1] ?? '') ?? []);
    const last = news.at(-1)?.[0];
    // Where none of many can be read, those after them may be.
    return events.length === 0 && news.length === limit && last ? this.read(projectId, last as Cursor, limit) : events;
  }

  private decode(projectId: ProjectId, id: Cursor, stored: string): LogEvent | undefined {
    return decodeEvent(projectId, id, stored, (why) => this.refusals.unreadable(projectId, id, why));
  }

  subscribe(projectId: ProjectId, listener: (message: LogMessage) => void, signal?: AbortSignal): Promise<() => void> {
    return this.guard('subscribe', () => this.subscriber.subscribe(projectId, listener, signal));
  }

  expire(projectId: ProjectId, seconds: number, run?: number): Promise<void> {
    return this.guard('expire', () => this.setLifetime(projectId, 'expire', seconds, run ?? ''));
  }

  keep(projectId: ProjectId, run?: number): Promise<void> {
    return this.guard('keep', () => this.setLifetime(projectId, 'keep', IDLE_SECONDS, run ?? ''));
  }

  delete(projectId: ProjectId): Promise<void> {
    return this.guard('delete', async () => {
      await this.redis.unlink(...(await this.names(projectId)));
    });
  }

  private async setLifetime(projectId: ProjectId, ...args: (string | number)[]): Promise<void> {
    for (;;) {
      const names = this.redis.isCluster ? await this.names(projectId) : [keys.log(projectId)];
      const [kind] = await this.scripts.run<LifetimeAnswer>('lifetime', names, args);
      // A lane that has come since is to be named as well.
      if (kind !== 'MORE') return;
    }
  }

  private readAtOnce(...readings: readonly Reading[]): Promise<unknown[]> {
    const names = readings.map(([key]) => key);
    const commands = readings.flatMap(([, command, ...args]) => [command, args.length, ...args]);
    return this.scripts.run('read', names, commands);
  }

  /**
   * What a script is told to touch beside the log. A single server needs no such list, and its bytes would come with each
   * token; a cluster must know of all, or it runs the script where only some of them are.
   */
  private declared(names: readonly string[]): readonly string[] {
    return this.redis.isCluster ? names : [];
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    this.subscriber.close();
    await Promise.resolve();
  }

  /** Undefined where the script could not do it; the piece is sent again then. */
  private appendReply(answer: AppendAnswer): AppendReply | undefined {
    if (typeof answer === 'number') return { kind: 'ok', length: answer };
    const [kind, value, length] = answer;
    switch (kind) {
      case 'STALE':
        return { kind: 'stale', fence: Number(value) };
      case 'GAP':
        return { kind: 'gap', length: Number(value) };
      case 'MUTE':
        this.refusals.answered('announce', String(value));
        return { kind: 'ok', length: Number(length) };
      case 'ERR':
        this.refusals.answered('append', String(value));
        return undefined;
    }
  }

  /** What Redis refuses, or cannot be asked, is seen here and nowhere else. */
  private async guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.refusals.refused(what, error);
    }
  }

  private async names(projectId: ProjectId): Promise<string[]> {
    const fields = await this.redis.hkeys(keys.lanes(projectId));
    const texts = lanesIn(fields).map((lane) => keys.text(projectId, lane));
    return [keys.log(projectId), keys.lanes(projectId), ...texts];
  }
}

function recordOf(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) record[pairs[i] ?? ''] = pairs[i + 1] ?? '';
  return record;
}

function storedLane(fields: Record<string, string>, lane: LaneId, text: string | null): StoredLane {
  return {
    fence: Number(fields[`fence:${lane}`]),
    attempt: Number(fields[`attempt:${lane}`] ?? 1),
    text: text ?? '',
  };
}

function lanesIn(fields: readonly string[], prefix = 'fence:'): LaneId[] {
  return fields.filter((field) => field.startsWith(prefix)).map((field) => field.slice(prefix.length) as LaneId);
}
