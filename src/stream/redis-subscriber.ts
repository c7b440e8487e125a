import type { Redis } from 'ioredis';
import { parseCursor, type Cursor, type LogEvent, type ProjectId } from '../protocol';
import type { LogMessage } from './event-log';
import { keys } from './keys';
import { RedisListener, type LogBounds } from './redis-listener';

const MESSAGE = /^(\d+-\d+) (\d+-\d+) (.*)$/s;

interface Subscription {
  readonly projectId: ProjectId;
  readonly listeners: Set<RedisListener>;
  readonly ready: Promise<unknown>;
}

/** One connection for all viewers in the process; each message is decoded once, however many listen. */
export class RedisSubscriber {
  private redis: Redis | undefined;
  private readonly channels = new Map<string, Subscription>();
  private readonly abandoned = new Set<string>();

  constructor(
    private readonly connect: () => Redis,
    private readonly log: {
      /** The first and last id that a project's log holds now. */
      readonly boundsOf: (projectId: ProjectId) => Promise<LogBounds>;
      /** Resolves when the log can be read, or when that takes too long. */
      readonly readable: () => Promise<void>;
      /** Undefined for what cannot be read. */
      readonly decode: (projectId: ProjectId, id: Cursor, stored: string) => LogEvent | undefined;
    },
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
      subscription = { projectId, listeners: new Set(), ready: redis.subscribe(channel) };
      this.channels.set(channel, subscription);
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
    Promise.all([redis.subscribe(...channels), this.log.readable()]).then(
      () => {
        const subscriptions = channels.flatMap((channel) => this.channels.get(channel) ?? []);
        const listeners = subscriptions.flatMap((subscription) => [...subscription.listeners]);
        for (const listener of listeners) listener.receive({ kind: 'interrupted' });
      },
      // The connection was lost once more; its next return reports this.
      () => undefined,
    );
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
    const [, position = '', previous = '', payload] = MESSAGE.exec(message) ?? [];
    const [id, before] = [parseCursor(position), parseCursor(previous)];
    const event = id && before && payload !== undefined ? this.log.decode(projectId, id, payload) : undefined;
    // One object for all listeners: one that is slow to read holds no more than a reference.
    return event && before ? { kind: 'event', event, previousId: before } : { kind: 'interrupted' };
  }

  private unsubscribe(channels: readonly string[]): void {
    const unused = channels.filter((channel) => !this.channels.has(channel));
    if (unused.length > 0) void this.redis?.unsubscribe(...unused).catch(() => undefined);
  }
}
