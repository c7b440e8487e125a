import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { compareCursors, LOG_BEGINNING, parseCursor, type ProjectId } from '../protocol';
import type { LogMessage } from './event-log';
import { keys } from './keys';
import type { LogBounds } from './redis-log-reader';
import type { RefusalReport } from './redis-refusals';
import { decodeEvent } from './wire';

/** What Redis refuses is asked again after so long. The user may have got the right meanwhile. */
const AGAIN_MS = 1_000;

interface Subscription {
  readonly projectId: ProjectId;
  readonly listeners: Set<RedisListener>;
  ready: Promise<void>;
}

/** One connection for all viewers in the process; each message is decoded once, however many listen. */
export class RedisSubscriber {
  private redis: Redis | undefined;
  private readonly channels = new Map<string, Subscription>();
  private readonly abandoned = new Set<string>();
  /** Shared by all returns of a connection that is lost again and again. */
  private reading: Promise<void> | undefined;

  constructor(
    private readonly connect: () => Redis,
    private readonly log: {
      /** The first and last id that a project's log holds now. */
      readonly boundsOf: (projectId: ProjectId) => Promise<LogBounds>;
      /** Resolves when the log can be read, or when that takes too long. */
      readonly readable: () => Promise<void>;
    },
    private readonly refusals: RefusalReport,
  ) {}

  async subscribe(
    projectId: ProjectId,
    hear: (message: LogMessage) => void,
    signal?: AbortSignal,
  ): Promise<() => void> {
    const channel = keys.channel(projectId);
    const redis = this.connection();
    let subscription = this.channels.get(channel);
    if (!subscription) {
      subscription = { projectId, listeners: new Set(), ready: Promise.resolve() };
      this.channels.set(channel, subscription);
      subscription.ready = this.ask(redis, [channel]);
    }
    const mine = subscription;
    const listener = new RedisListener(hear);
    mine.listeners.add(listener);
    const leave = () => {
      if (!mine.listeners.delete(listener) || mine.listeners.size > 0) return;
      if (this.channels.get(channel) === mine) this.channels.delete(channel);
      // While the connection is away it would come back subscribed; then it is left on its return.
      if (redis.status === 'ready') this.unsubscribe([channel]);
      else this.abandoned.add(channel);
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await mine.ready;
      listener.join(await this.log.boundsOf(projectId).catch(() => undefined));
    } catch (error) {
      leave();
      throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
    return leave;
  }

  close(): void {
    this.redis?.disconnect();
    this.redis = undefined;
    this.channels.clear();
  }

  private connection(): Redis {
    if (this.redis) return this.redis;
    const redis = this.connect();
    redis.on('message', (channel: string, message: string) => this.deliver(channel, message));
    let lost = false;
    redis.on('close', () => (lost = true));
    redis.on('ready', () => {
      if (lost) this.returned(redis);
      lost = false;
      this.unsubscribe([...this.abandoned]);
      this.abandoned.clear();
    });
    this.redis = redis;
    return redis;
  }

  /**
   * Events that were announced meanwhile were missed. Listeners learn this only after the channels are subscribed
   * again, so that no reader of the log misses events between. They also wait until the log can be read.
   */
  private returned(redis: Redis): void {
    const channels = [...this.channels.keys()];
    if (channels.length === 0) return;
    this.reading ??= this.log.readable().finally(() => (this.reading = undefined));
    Promise.all([this.ask(redis, channels), this.reading]).then(
      () => {
        const subscriptions = channels.flatMap((channel) => this.channels.get(channel) ?? []);
        const listeners = subscriptions.flatMap((subscription) => [...subscription.listeners]);
        for (const listener of listeners) listener.receive({ kind: 'interrupted' });
      },
      // The connection was lost once more; its next return reports this.
      () => undefined,
    );
  }

  /** Resolves when those of the channels that are still listened to are subscribed. Rejects if the connection is closed. */
  private async ask(redis: Redis, channels: readonly string[]): Promise<void> {
    for (;;) {
      const wanted = channels.filter((channel) => this.channels.has(channel));
      if (wanted.length === 0) return;
      try {
        await redis.subscribe(...wanted);
        return;
      } catch (error) {
        if ((error as Error).name !== 'ReplyError') throw error;
        this.refusals.refused('subscribe', error);
        await sleep(AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  private deliver(channel: string, message: string): void {
    const subscription = this.channels.get(channel);
    if (!subscription) return;
    const received = this.messageIn(subscription.projectId, message);
    for (const listener of subscription.listeners) listener.receive(received);
  }

  /**
   * Anybody may publish on a channel, and a newer release may announce what this one cannot read. Listeners then read
   * the log; no message may end the process.
   */
  private messageIn(projectId: ProjectId, message: string): LogMessage {
    // Cut by hand, because a pattern makes a list and four texts for each token.
    const first = message.indexOf(' ');
    const second = message.indexOf(' ', first + 1);
    const position = message.slice(0, Math.max(first, 0));
    const [id, before] = [parseCursor(position), parseCursor(message.slice(first + 1, Math.max(second, 0)))];
    const refuse = (why: string) => this.refusals.unreadable(projectId, position, why);
    const event = id && before ? decodeEvent(projectId, id, message.slice(second + 1), refuse) : undefined;
    // One object for all listeners: one that is slow to read holds no more than a reference.
    return event && before ? { kind: 'event', event, previousId: before } : { kind: 'interrupted' };
  }

  private unsubscribe(channels: readonly string[]): void {
    const unused = channels.filter((channel) => !this.channels.has(channel));
    if (unused.length > 0) void this.redis?.unsubscribe(...unused).catch(() => undefined);
  }
}

/**
 * A listener of a project, which receives only events appended after it joined. Earlier events may still be on their
 * way then: a cluster's nodes pass events on some 40 ms late. A listener may also join between two events.
 */
export class RedisListener {
  /** The messages that arrived before it was known which of them are new; unset from then on. */
  private held: LogMessage[] | undefined = [];
  private joinedAt: LogBounds | undefined;

  constructor(private readonly listener: (message: LogMessage) => void) {}

  /** `bounds` are those of the log at a moment after which all events are announced to this listener. */
  join(bounds: LogBounds | undefined): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.joinedAt = bounds;
    for (const message of held) this.receive(message);
  }

  receive(message: LogMessage): void {
    if (this.held) {
      this.held.push(message);
      return;
    }
    if (message.kind === 'event' && this.joinedAt && isEarlier(message, this.joinedAt)) return;
    // One project's events come in their order, so no earlier event follows. A log that was lost may start its ids
    // again.
    this.joinedAt = undefined;
    this.listener(message);
  }
}

/**
 * The ids of a new log come from the clock, which may have been set back. Therefore ids do not show which of two logs
 * is newer, but the first event of a log shows that a new log has begun.
 */
function isEarlier(
  { event, previousId: before }: Extract<LogMessage, { kind: 'event' }>,
  { first, last }: LogBounds,
): boolean {
  if (before === LOG_BEGINNING && event.id !== first) return false;
  return last !== undefined && compareCursors(event.id, last) <= 0;
}
