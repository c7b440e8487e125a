import type { Redis } from 'ioredis';
import type { Cursor, ProjectId } from '../protocol';
import type { LogMessage } from './event-log';
import { keys } from './keys';
import { decodeEvent } from './wire';

type Listener = (message: LogMessage) => void;

interface Subscription {
  readonly projectId: ProjectId;
  readonly listeners: Set<Listener>;
  readonly ready: Promise<unknown>;
}

/** One connection for all viewers in the process; each message is decoded once, however many listen. */
export class RedisSubscriber {
  private redis: Redis | undefined;
  private readonly channels = new Map<string, Subscription>();
  private readonly abandoned = new Set<string>();

  constructor(private readonly connect: () => Redis) {}

  async subscribe(projectId: ProjectId, listener: Listener, signal?: AbortSignal): Promise<() => void> {
    const channel = keys.channel(projectId);
    const redis = this.connection();
    let subscription = this.channels.get(channel);
    if (!subscription) {
      subscription = { projectId, listeners: new Set(), ready: redis.subscribe(channel) };
      this.channels.set(channel, subscription);
    }
    const mine = subscription;
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
      if (lost) this.tellWhatWasMissed(redis);
      lost = false;
      this.unsubscribe([...this.abandoned]);
      this.abandoned.clear();
    });
    this.redis = redis;
    return redis;
  }

  private deliver(channel: string, message: string): void {
    const subscription = this.channels.get(channel);
    if (!subscription) return;
    const first = message.indexOf(' ');
    const second = message.indexOf(' ', first + 1);
    const event = decodeEvent(subscription.projectId, message.slice(0, first) as Cursor, message.slice(second + 1));
    const before = message.slice(first + 1, second) as Cursor;
    // One object for all of them: a listener that is slow to read holds no more than a reference.
    const told: LogMessage = { kind: 'event', event, before };
    for (const listener of subscription.listeners) listener(told);
  }

  /**
   * After a reconnect: what was announced meanwhile was missed. The library subscribes again by itself, but a reader who is
   * sent to the log before that is done would miss what comes between. Asking again tells when it is.
   */
  private tellWhatWasMissed(redis: Redis): void {
    const channels = [...this.channels.keys()];
    if (channels.length === 0) return;
    // Where the connection is lost again, the next `ready` tells.
    redis.subscribe(...channels).then(
      () => this.tellAll({ kind: 'interrupted' }),
      () => undefined,
    );
  }

  private unsubscribe(channels: readonly string[]): void {
    const unused = channels.filter((channel) => !this.channels.has(channel));
    if (unused.length > 0) void this.redis?.unsubscribe(...unused).catch(() => undefined);
  }

  private tellAll(message: LogMessage): void {
    for (const { listeners } of this.channels.values()) for (const listener of listeners) listener(message);
  }
}
