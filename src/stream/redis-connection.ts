import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import type { Refusal } from './redis-causes';
import { redisPlace, type RedisPlace } from './redis-place';
import { keepPulse } from './redis-pulse';
import { ReachReport } from './redis-reach';
import { defined } from '../protocol';

export interface RedisFaultLog {
  warn(fields: object, message: string): void;
  /** Called for everything that Redis was asked and has not done. */
  refused?(cause: Refusal): void;
}

export type Role = 'publisher' | 'subscriber' | 'control';

export function retryDelay(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 5), 1_000);
}

/** A call without an answer has failed by then. The pulse ends a connection that is dead. */
const ANSWER_MS = 5_000;
/** How long a connection may take to answer a ping. A worker must know soon whether it receives stops. */
const PING_MS: Readonly<Record<Role, number>> = { publisher: 2_000, subscriber: 2_000, control: 900 };

const COMMON = {
  connectTimeout: 3_000,
  // A connection that is given up does not keep its process, or its successor, waiting for an end that is not answered.
  disconnectTimeout: 100,
  keepAlive: 10_000,
} as const satisfies RedisOptions;

/** The time-out of a command outlives its connection, and would keep a process that has ended its work. */
const OF_SENTINELS = { disconnectTimeout: COMMON.disconnectTimeout, socketTimeout: COMMON.connectTimeout };

/** Redis being away must never hold up an activity. */
export const FAIL_FAST = {
  ...COMMON,
  maxRetriesPerRequest: 1,
  // Not with `socketTimeout`: if a connection is lost while a call waits, the library does not clear its timer. The
  // timer then ends the next connection (tried).
  commandTimeout: ANSWER_MS,
} as const satisfies RedisOptions;

/** How soon a connection whose server refuses even a ping is looked at again. */
const LOOK_MS = 1_000;

/** For connections that only listen. */
export const KEEP_TRYING = {
  ...COMMON,
  maxRetriesPerRequest: null,
  // Whoever listens subscribes again after a reconnect. If the library does so and is refused, nobody can catch its
  // rejection, and the process ends (tried).
  autoResubscribe: false,
  // The library's ready check and a first SUBSCRIBE get in each other's way: some subscriptions are lost then (tried).
  // Without it they wait for the connection, and Redis takes them while it is still loading its data.
  enableReadyCheck: false,
} as const satisfies RedisOptions;

/**
 * A connection as `reportFaults` needs it. How soon it reconnects depends on whether it worked, not on whether it was
 * connected.
 */
export interface Retries {
  times: number;
}

export function retrying(retries: Retries): Pick<RedisOptions, 'retryStrategy'> {
  return { retryStrategy: () => retryDelay(++retries.times) };
}

/**
 * A connection to a single server, or to the master that sentinels name. A publisher's calls fail fast. A subscriber
 * keeps trying. After a reconnect its owner subscribes again.
 */
export function connectRedis(where: string | RedisPlace, role: Role, reach = new ReachReport()): Redis {
  const { nodes, sentinel, tls, username, password, db } =
    typeof where === 'string' ? redisPlace({ REDIS_URL: where }) : where;
  const retries: Retries = { times: 0 };
  const bySentinels = sentinel && {
    sentinels: [...nodes],
    name: sentinel.name,
    role: 'master' as const,
    ...defined({ sentinelUsername: sentinel.username, sentinelPassword: sentinel.password }),
    sentinelRetryStrategy: retryDelay,
    // The others follow the publisher.
    failoverDetector: role === 'publisher',
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
  const redis = new Redis({
    ...(bySentinels ?? nodes[0]),
    ...defined({ username, password, db, tls }),
    connectionName: `storyreel-${role}`,
    ...(role === 'publisher' ? { ...FAIL_FAST, enableOfflineQueue: false } : KEEP_TRYING),
    ...retrying(retries),
  });
  if (sentinel) handleSentinelErrors(redis);
  // Otherwise the library works in database 0 from then on, where others have their keys.
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    if (error.command?.name === 'select') redis.disconnect(true);
  });
  reportFaults(redis, { reach, retries });
  // A publisher's pulse is taken by asking whether it is at a master (open-redis-log.ts).
  if (role !== 'publisher') pingFrom(redis, role, (error) => reach.down(redis, error));
  return redis;
}

/**
 * The library subscribes to every sentinel for a failover, and prints the errors of these connections if no handler
 * takes them. It reconnects them itself, and one sentinel that answers is enough.
 */
function handleSentinelErrors(redis: Redis): void {
  const connector: unknown = Reflect.get(redis, 'connector');
  if (!isOfSentinels(connector)) return;
  const connectTo = connector.connectToSentinel.bind(connector);
  connector.connectToSentinel = (endpoint, options) =>
    connectTo(endpoint, { ...options, ...OF_SENTINELS }).on('error', () => undefined);
}

function isOfSentinels(connector: unknown): connector is SentinelConnections {
  return typeof (connector as Partial<SentinelConnections> | undefined)?.connectToSentinel === 'function';
}

interface SentinelConnections {
  connectToSentinel(endpoint: unknown, options?: RedisOptions): Redis;
}

/** Calls `lost` for a connection that does not answer; the connection is then made again. */
export function pingFrom(
  redis: Redis,
  role: Role,
  lost: (error: Error) => void,
  ask = (at: Redis): Promise<unknown> => at.ping(),
): void {
  keepPulse(redis, { ask, withinMs: PING_MS[role], lost });
}

/**
 * Reports that the connection does not work, and that it works again. A connected socket is not enough: a server that
 * refuses the password accepts the connection, and refuses each command.
 */
export function reportFaults(
  redis: Redis | Cluster,
  { reach, retries }: { reach: ReachReport; retries?: Retries },
): void {
  const down = (error: Error & { lastNodeError?: Error }) => reach.down(redis, error.lastNodeError ?? error);
  let again: NodeJS.Timeout | undefined;
  const look = () => {
    redis.ping().then(
      () => {
        if (retries) retries.times = 0;
        reach.up(redis);
      },
      (error: Error) => {
        // The loss of the connection is reported by its own error.
        if (error.name !== 'ReplyError') return;
        down(error);
        if (redis.status === 'ready') again = setTimeout(look, LOOK_MS);
      },
    );
  };
  redis.on('error', down);
  redis.on('close', () => clearTimeout(again));
  redis.on('end', () => reach.forget(redis));
  redis.on('ready', look);
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
