import type { Cluster, Redis } from 'ioredis';
import type { Cursor, LaneId, LogEvent, ProjectId } from '../protocol';
import type { EventLog, LogMessage, LogSnapshot, PublishReply, PublishRequest, StoredLane } from './event-log';
import { AppendQueue } from './append-queue';
import { keys } from './keys';
import { whenReady } from './redis-connection';
import { lanesIn, RedisLogReader } from './redis-log-reader';
import { RefusalReport } from './redis-refusals';
import { RedisScripts } from './redis-scripts';
import { RedisSubscriber } from './redis-subscriber';
import { encodeEvent } from './wire';

/** What legacy clients get: nothing, deltas, or the whole text with every token (O(n²) bytes). */
export type LegacyMode = 'off' | 'on' | 'full';

/** The mode that the two settings ask for. */
export function legacyMode(settings: {
  readonly LEGACY_CHANNELS: boolean;
  readonly LEGACY_FULL_TEXT: boolean;
}): LegacyMode {
  if (!settings.LEGACY_CHANNELS) return 'off';
  return settings.LEGACY_FULL_TEXT ? 'full' : 'on';
}

export interface RedisLogOptions {
  /** Entries kept per project, roughly. */
  readonly maxEntries: number;
  readonly legacy: LegacyMode;
  /** Counts and logs refusals. */
  readonly refusals?: RefusalReport;
}

type PublishAnswer = [kind: 'OK' | 'MUTE' | 'STALE' | 'GAP' | 'SEEN', value: string | number];
type LifetimeAnswer = [kind: 'OK' | 'STALE' | 'MORE', value: string | number];

/** How long readers wait for the second connection after the first is back. */
const READABLE_MS = 5_000;
/** A log in which no attempt begins for so long is let go, whatever became of its run. */
const IDLE_SECONDS = 7 * 24 * 3_600;

function constantsOf({ maxEntries, legacy }: RedisLogOptions): string {
  return `local LOG_MAX_EVENTS, IDLE_SECONDS, LEGACY = ${maxEntries}, ${IDLE_SECONDS}, '${legacy}'`;
}

/**
 * The event log in Redis or Valkey, also as a cluster: one Stream, one hash and one text per lane for each project.
 */
export class RedisEventLog implements EventLog {
  /** The queue itself: each token comes here. */
  readonly append: EventLog['append'];
  private readonly redis: Redis | Cluster;
  private readonly scripts: RedisScripts;
  private readonly subscriber: RedisSubscriber;
  private readonly reader: RedisLogReader;
  private readonly refusals: RefusalReport;

  constructor(
    publisher: Redis | Cluster,
    /**
     * Made on the first subscription, so that a process which only writes holds one connection. Any node of a cluster
     * will do: each node receives what is published on the others.
     */
    connectSubscriber: () => Redis,
    private readonly options: RedisLogOptions,
  ) {
    this.refusals = options.refusals ?? new RefusalReport();
    this.scripts = new RedisScripts(publisher, constantsOf(options));
    this.redis = publisher;
    this.reader = new RedisLogReader(publisher, this.scripts, this.refusals);
    const source = {
      boundsOf: (projectId: ProjectId) => this.reader.bounds(projectId),
      readable: () => whenReady(publisher, READABLE_MS).catch(() => undefined),
    };
    this.subscriber = new RedisSubscriber(connectSubscriber, source, this.refusals);
    this.append = new AppendQueue(publisher, this.scripts, this.refusals).append;
  }

  /** Resolves when the log can be reached, rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    return whenReady(this.redis, timeoutMs);
  }

  publish(request: PublishRequest): Promise<PublishReply> {
    return this.guard('publish', () => this.publishOnce(request));
  }

  private async publishOnce(request: PublishRequest): Promise<PublishReply> {
    const { projectId, stage, writer, once, run } = request;
    const payloads = request.events.map((body) => encodeEvent(stage, writer, body));
    const legacy = this.options.legacy === 'off' ? [] : (request.legacy ?? []);
    const names = [
      keys.log(projectId),
      ...this.declared([keys.lanes(projectId), ...(writer ? [keys.text(projectId, writer.lane)] : [])]),
    ];
    const [kind, value] = await this.scripts.run<PublishAnswer>('publish', names, [
      writer?.lane ?? '',
      writer?.fence ?? 0,
      request.needsBytes ?? '',
      once?.key ?? '',
      once?.value ?? 0,
      run?.fence ?? '',
      run?.isLatest ? 1 : 0,
      payloads.length,
      ...payloads,
      ...legacy.flatMap((message) => [
        keys.legacyChannel(projectId, message.stage),
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
    return this.guard('read', () => this.reader.snapshot(projectId));
  }

  lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    return this.guard('read', () => this.reader.lane(projectId, lane));
  }

  read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    return this.guard('read', () => this.reader.read(projectId, from, limit));
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
      // A lane that was added meanwhile must be named as well.
      if (kind !== 'MORE') return;
    }
  }

  /**
   * The keys that a script touches, beside the log. A single server needs no such list, and its bytes would be sent
   * with each token. A cluster must know all keys, or it runs the script on a node that holds only some of them.
   */
  private declared(names: readonly string[]): readonly string[] {
    return this.redis.isCluster ? names : [];
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    this.subscriber.close();
    await Promise.resolve();
  }

  /** Counts what Redis refuses, and that Redis cannot be reached. The append queue does the same for its calls. */
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
