import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import type { Refusal } from './redis-refusals';

export interface RedisFaultLog {
  warn(fields: object, message: string): void;
  /** Called for everything that Redis was asked and has not done. */
  refused?(cause: Refusal): void;
}

export function retryDelay(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 5), 1_000);
}

/**
 * A call without an answer has failed by then, and so has its connection: one that a network has lost without a word would
 * otherwise stay in use for the quarter of an hour that the system takes to notice.
 */
const ANSWER_MS = 5_000;

/** Redis being away must never hold up an activity. */
export const FAIL_FAST = {
  maxRetriesPerRequest: 1,
  connectTimeout: 3_000,
  commandTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
} as const;

/** For connections that only listen: they subscribe again by themselves. */
export const KEEP_TRYING = {
  maxRetriesPerRequest: null,
  connectTimeout: 3_000,
  // The library's ready check and a first SUBSCRIBE get in each other's way: some subscriptions are lost then (tried).
  // Without it they wait for the connection, and Redis takes them while it is still loading its data.
  enableReadyCheck: false,
  retryStrategy: retryDelay,
} as const satisfies RedisOptions;

/**
 * A connection to a single server. A publisher's calls fail fast; one that listens keeps trying and subscribes again by itself.
 */
export function connectRedis(url: string, role: 'publisher' | 'subscriber' | 'control', log?: RedisFaultLog): Redis {
  const connectionName = `storyreel-${role}`;
  const publishing = {
    ...FAIL_FAST,
    retryStrategy: retryDelay,
    enableOfflineQueue: false,
  } as const;
  const redis = new Redis(url, { connectionName, ...(role === 'publisher' ? publishing : KEEP_TRYING) });
  reportFaults(redis, role, log);
  return redis;
}

/** Says once that the server is away, and once that it is back. */
export function reportFaults(redis: Redis | Cluster, role: string, log?: RedisFaultLog): void {
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log?.warn({ err: error.message, role }, 'redis is away; viewers wait, work goes on');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log?.warn({ role }, 'redis is back');
    down = false;
  });
}

/** Resolves when commands can be sent, or rejects after `timeoutMs`. */
export async function whenReady(redis: Redis | Cluster, timeoutMs: number): Promise<void> {
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
