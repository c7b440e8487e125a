/**
 * The memory of a project in Redis: while its text is written, after its run has ended, and after its log has expired.
 */
import { randomUUID } from 'node:crypto';
import { readConfig } from '../src/config';
import { laneId, type ProjectId } from '../src/protocol';
import { connectRedis, openRedis, whenReady, type EventLog } from '../src/stream';
import { until } from './harness/until';

export interface MemoryFigures {
  readonly projects: number;
  readonly textBytes: number;
  readonly tokens: number;
  /** The server's memory per project, after all texts are written. */
  readonly bytesPerProject: number;
  readonly bytesPerToken: number;
  /** For one project, by the server's own figures for each kind of key. */
  readonly keys: { readonly log: number; readonly lanes: number; readonly text: number };
  /** Keys that are left, and memory by project, when the end that `expire` sets has come. */
  readonly afterExpiry: { readonly keys: number; readonly bytesPerProject: number };
}

/** Some 12 bytes each, as models send them: 60 KB are 5,000 tokens. */
const TOKEN = 'twelve bytes';
const EXPIRY_SECONDS = 1;
const LANE = laneId('rewrite');

/**
 * Writes a text of `bytes` for each project, token by token, into a server without other users. A stream with gathered
 * sends costs less. It leaves nothing in the server.
 */
export async function measureRedisMemory(
  redisUrl: string,
  { projects, bytes }: { readonly projects: number; readonly bytes: number },
): Promise<MemoryFigures> {
  const redis = connectRedis(redisUrl, 'publisher');
  const log = openRedis({ ...readConfig({ REDIS_URL: redisUrl }), LEGACY_CHANNELS: false }).log;
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  try {
    await Promise.all([whenReady(redis, 5_000), log.ready(5_000)]);
    const ids = Array.from({ length: projects }, () => randomUUID() as ProjectId);
    const tokens = Math.ceil(bytes / TOKEN.length);
    // The scripts are loaded by a project that does not count.
    const first = randomUUID() as ProjectId;
    await write(log, first, 1);
    await log.delete(first);
    const [before, keysBefore] = [await used(), await redis.dbsize()];
    await Promise.all(ids.map((id) => write(log, id, tokens)));
    const written = await used();
    const keys = await keySizes(redis, ids[0]);
    await Promise.all(ids.map((id) => log.expire(id, EXPIRY_SECONDS)));
    // The server counts a key until it has really let go of it, and its memory a little longer.
    await until(60_000, async () => (await redis.dbsize()) <= keysBefore && (await used()) < (before + written) / 2);
    return {
      projects,
      textBytes: tokens * TOKEN.length,
      tokens,
      bytesPerProject: Math.round((written - before) / projects),
      bytesPerToken: Math.round((written - before) / projects / tokens),
      keys,
      afterExpiry: {
        keys: (await redis.dbsize()) - keysBefore,
        bytesPerProject: Math.round(((await used()) - before) / projects),
      },
    };
  } finally {
    await log.close();
    redis.disconnect();
  }
}

async function write(log: EventLog, projectId: ProjectId, tokens: number): Promise<void> {
  const writer = { projectId, lane: LANE, fence: Date.now() * 1_000, attempt: 1 };
  for (let i = 0; i < tokens; i++) await log.append({ writer, offset: i * TOKEN.length, text: TOKEN });
}

async function keySizes(redis: ReturnType<typeof connectRedis>, projectId: ProjectId | undefined) {
  const size = async (name: string) =>
    Number(await redis.call('MEMORY', 'USAGE', `story:{${projectId}}:${name}`, 'SAMPLES', '0'));
  return { log: await size('log'), lanes: await size('lanes'), text: await size(`text:${LANE}`) };
}
