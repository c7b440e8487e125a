import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';
import { laneParts, parseCursor, type Cursor, type LaneId, type LogEvent, type ProjectId } from '../protocol';
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
import { keys } from './keys';
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
}

type Reply = [kind: 'OK' | 'STALE' | 'GAP' | 'SEEN', value: string | number];

interface Scripts {
  storyAppend(...args: (string | number)[]): Promise<Reply>;
  storyPublish(...args: (string | number)[]): Promise<Reply>;
}

function loadScript(name: string): string {
  return readFileSync(join(__dirname, 'shared.lua'), 'utf8') + readFileSync(join(__dirname, name), 'utf8');
}

/**
 * The event log in Redis or Valkey, also as a cluster: one Stream, one hash and one text per lane for each project.
 */
export class RedisEventLog implements EventLog {
  private readonly redis: (Redis | Cluster) & Scripts;
  private readonly subscriber: RedisSubscriber;

  constructor(
    publisher: Redis | Cluster,
    /**
     * Made on the first subscription, so that a process which only writes holds one connection. Any node of a cluster
     * will do: each hears what is published on the others.
     */
    connectSubscriber: () => Redis,
    private readonly options: RedisLogOptions,
  ) {
    publisher.defineCommand('storyAppend', { numberOfKeys: 3, lua: loadScript('append.lua') });
    publisher.defineCommand('storyPublish', { numberOfKeys: 3, lua: loadScript('publish.lua') });
    this.redis = publisher as (Redis | Cluster) & Scripts;
    this.subscriber = new RedisSubscriber(connectSubscriber);
  }

  async append({ writer, offset, text, reason, continued }: AppendRequest): Promise<AppendReply> {
    const { projectId, lane } = writer;
    const { stage, scene } = laneParts(lane);
    // Tokens of many scenes at once would be no text for a client that knows one stage only.
    const upstream = this.options.upstream !== 'off' && scene === undefined;
    const [kind, value] = await this.redis.storyAppend(
      ...this.projectKeys(projectId, lane),
      keys.channel(projectId),
      this.options.maxEntries,
      lane,
      writer.fence,
      writer.attempt,
      offset,
      text,
      reason ?? '',
      continued ?? '',
      upstream ? keys.upstream(projectId, stage) : '',
      projectId,
      stage,
      this.options.upstream === 'full' ? '1' : '0',
    );
    if (kind === 'STALE') return { kind: 'stale', fence: Number(value) };
    return { kind: kind === 'GAP' ? 'gap' : 'ok', length: Number(value) };
  }

  async publish(request: PublishRequest): Promise<PublishReply> {
    const { projectId, stage, writer, mark } = request;
    const payloads = request.events.map((body) => encodeEvent(stage, writer, body));
    const upstream = this.options.upstream === 'off' ? [] : (request.upstream ?? []);
    const [kind, value] = await this.redis.storyPublish(
      ...this.projectKeys(projectId, writer?.lane ?? (stage as LaneId)),
      keys.channel(projectId),
      this.options.maxEntries,
      writer?.lane ?? '',
      writer?.fence ?? 0,
      request.needsBytes ?? '',
      mark?.key ?? '',
      mark?.value ?? 0,
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
    );
    switch (kind) {
      case 'STALE':
        return { kind: 'stale', fence: Number(value) };
      case 'GAP':
        return { kind: 'gap', length: Number(value) };
      case 'SEEN':
        return { kind: 'seen' };
      case 'OK':
        return { kind: 'ok' };
    }
  }

  async snapshot(projectId: ProjectId): Promise<LogSnapshot> {
    let lanes: LaneId[] = [];
    for (;;) {
      const asked = lanes;
      const transaction = this.redis.multi().hgetall(keys.lanes(projectId));
      for (const lane of asked) transaction.get(keys.text(projectId, lane));
      const replies = await transaction.exec();
      if (!replies) throw new Error('the snapshot transaction was discarded');
      const values = replies.map(([error, value]) => {
        if (error) throw error;
        return value;
      });
      const fields = values[0] as Record<string, string>;
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
      };
    }
  }

  async lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    const replies = await this.redis
      .multi()
      .hmget(keys.lanes(projectId), `fence:${lane}`, `attempt:${lane}`)
      .get(keys.text(projectId, lane))
      .exec();
    if (!replies) throw new Error('the transaction was discarded');
    const [fields, text] = replies.map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [(string | null)[], string | null];
    if (fields[0] == null) return undefined;
    return { fence: Number(fields[0]), attempt: Number(fields[1] ?? 1), text: text ?? '' };
  }

  async read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    // The entry at the cursor must still be there: what came right after it cannot have been trimmed or lost then.
    const entries = await this.redis.xrange(keys.log(projectId), from, '+', 'COUNT', limit + 1);
    if (entries[0]?.[0] !== from) return undefined;
    return entries.slice(1).map(([id, fields]) => decodeEvent(projectId, id as Cursor, fields[1] ?? ''));
  }

  subscribe(projectId: ProjectId, listener: (message: LogMessage) => void, signal?: AbortSignal): Promise<() => void> {
    return this.subscriber.subscribe(projectId, listener, signal);
  }

  async expire(projectId: ProjectId, seconds: number): Promise<void> {
    await Promise.all((await this.names(projectId)).map((name) => this.redis.expire(name, seconds)));
  }

  async keep(projectId: ProjectId): Promise<void> {
    const marks = (await this.redis.hkeys(keys.lanes(projectId))).filter((field) => field.startsWith('mark:'));
    if (marks.length > 0) await this.redis.hdel(keys.lanes(projectId), ...marks);
    await Promise.all((await this.names(projectId)).map((name) => this.redis.persist(name)));
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    this.subscriber.close();
    await Promise.resolve();
  }

  private async names(projectId: ProjectId): Promise<string[]> {
    const fields = await this.redis.hkeys(keys.lanes(projectId));
    const texts = lanesIn(fields).map((lane) => keys.text(projectId, lane));
    return [keys.log(projectId), keys.lanes(projectId), ...texts];
  }

  private projectKeys(projectId: ProjectId, lane: LaneId): [string, string, string] {
    return [keys.log(projectId), keys.lanes(projectId), keys.text(projectId, lane)];
  }
}

function storedLane(fields: Record<string, string>, lane: LaneId, text: string | null): StoredLane {
  return {
    fence: Number(fields[`fence:${lane}`]),
    attempt: Number(fields[`attempt:${lane}`] ?? 1),
    text: text ?? '',
  };
}

function lanesIn(fields: readonly string[]): LaneId[] {
  return fields.filter((field) => field.startsWith('fence:')).map((field) => field.slice('fence:'.length) as LaneId);
}
