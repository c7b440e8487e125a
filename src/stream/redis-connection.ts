import { Redis, type RedisOptions } from 'ioredis';

export interface RedisFaultLog {
  warn(fields: object, message: string): void;
}

/**
 * A call without an answer has failed by then, and so has its connection: one that a network has lost without a word would
 * otherwise stay in use for the quarter of an hour that the system takes to notice.
 */
const ANSWER_MS = 5_000;

/**
 * A connection whose calls fail fast: Redis being away must never hold up an activity. `subscriber` connections keep
 * trying and subscribe again by themselves.
 */
export function connectRedis(url: string, role: 'publisher' | 'subscriber', log?: RedisFaultLog): Redis {
  const common: RedisOptions = {
    connectionName: `storyreel-${role}`,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
    connectTimeout: 3_000,
  };
  const redis =
    role === 'publisher'
      ? new Redis(url, {
          ...common,
          maxRetriesPerRequest: 1,
          enableOfflineQueue: false,
          commandTimeout: ANSWER_MS,
          socketTimeout: ANSWER_MS,
        })
      : // The library's ready check and a first SUBSCRIBE get in each other's way: some subscriptions are lost then (tried).
        // Without it they wait for the connection, and Redis takes them while it is still loading its data.
        new Redis(url, { ...common, maxRetriesPerRequest: null, enableReadyCheck: false });
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log?.warn({ err: error.message, role }, 'redis is away; viewers wait, work goes on');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log?.warn({ role }, 'redis is back');
    down = false;
  });
  return redis;
}

/** Resolves when commands can be sent, or rejects after `timeoutMs`. */
export async function whenReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => done(new Error(`redis did not answer within ${timeoutMs} ms`)), timeoutMs);
    const onReady = () => done();
    const done = (error?: Error) => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      if (error) reject(error);
      else resolve();
    };
    redis.on('ready', onReady);
  });
}
