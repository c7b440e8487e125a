import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { readAddress, urlsIn, type HostPort } from '../../src/address';
import { connectOnce } from './ports';
import { messageOf, StackError } from './stack-error';

const BOUND_MS = 4_000;
const TEMPORAL_PORT = 7233;
const REDIS_PORT = 6379;

/**
 * Throws `StackError` unless something accepts connections at this `host:port`. The protocol is left to the client,
 * which knows of TLS and keys.
 */
export async function demandTemporal(address: string): Promise<void> {
  const [, host = '', port = String(TEMPORAL_PORT)] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(address) ?? [];
  await demand('TEMPORAL_ADDRESS', address, () => connectOnce(host, Number(port), BOUND_MS));
}

/** Throws `StackError` unless Postgres lets us in and answers. */
export async function demandPostgres(url: string): Promise<void> {
  await demand('DATABASE_URL', url, async () => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: BOUND_MS });
    client.on('error', () => undefined);
    try {
      const answer = client.connect().then(() => client.query('select 1'));
      await within(BOUND_MS, answer);
    } finally {
      void client.end().catch(() => undefined);
    }
  });
}

/**
 * Throws `StackError` unless a Redis-compatible server, or any of a cluster's nodes, answers PING. Sentinels, and servers that
 * want certificates, are only reached: the rest is left to the product, which knows of masters and keys.
 */
export async function demandRedis(urls: string): Promise<void> {
  const nodes = urlsIn(urls);
  if (/^rediss|\+sentinel:/.test(urls)) {
    const hosts = nodes.flatMap((url) => readAddress(url).hosts);
    const reach = ({ host, port = REDIS_PORT }: HostPort) => connectOnce(host, port, BOUND_MS);
    return demand('REDIS_URL', urls, () => Promise.any(hosts.map(reach)));
  }
  const ping = (url: string) =>
    withRedis(url, BOUND_MS, (redis) => redis.ping()).catch((error: unknown) => {
      throw new Error(withoutPassword(messageOf(error), url));
    });
  await demand('REDIS_URL', urls, () => Promise.any(nodes.map(ping)));
}

/** One connection, no retry. Rejects with the first cause; ioredis itself would only report a closed connection. */
export async function withRedis<T>(url: string, boundMs: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: boundMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // Its default of 2 s keeps a process that has ended its work alive for that long, also when the connection is
    // closed already.
    disconnectTimeout: 100,
  });
  let cause: unknown;
  redis.on('error', (error) => (cause ??= error));
  try {
    const answer = redis.connect().then(() => use(redis));
    return await within(boundMs, answer);
  } catch (error) {
    throw cause ?? error;
  } finally {
    redis.disconnect();
  }
}

async function demand(variable: string, address: string, reach: () => Promise<unknown>): Promise<void> {
  try {
    await reach();
  } catch (error) {
    throw new StackError(
      `${variable} is set but not reachable: ${withoutPassword(messageOf(error), address)}`,
      `Start what it names, correct it, or unset ${variable} to use the embedded service`,
    );
  }
}

/** The drivers' own bounds cover one step each; this one covers them together. */
async function within<T>(boundMs: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(boundMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${boundMs / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    // The loser of the race fails later, when nobody waits for it.
    for (const loser of [late, work]) loser.catch(() => undefined);
    timer.abort();
  }
}

/** The error itself is not kept as a cause: those of the drivers may carry the whole address. */
function withoutPassword(message: string, address: string): string {
  const password = /:\/\/[^/]*?:(.+)@/.exec(address)?.[1];
  return password ? message.replaceAll(password, '***').replaceAll(decoded(password), '***') : message;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
