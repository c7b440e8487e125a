import { randomUUID } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import { shownAddress, shownHosts, urlsIn } from '../../address';
import type { Config } from '../../config';
import { laneOfRole } from '../../protocol';
import { readProjectId } from '../../protocol/viewer';
import {
  adviceOnMemory,
  adviceOnRedis,
  connectPublisher,
  memoryOf,
  missingRights,
  RedisEventLog,
  rightsNeeded,
  shownFault,
  shownMemory,
  versionTooOld,
  whenReady,
} from '../../stream';
import { reasonOf } from '../../readiness';
import type { Finding } from './finding';

const ANSWER_MS = 4_000;

type Fault = Pick<Finding, 'detail' | 'advice'>;

/** Does with Redis what workers and viewers do with it, on keys of its own. */
export async function examineRedis(config: Config): Promise<Finding> {
  const { REDIS_CLUSTER } = config;
  const known = { service: 'redis', address: urlsIn(config.REDIS_URL).map(shownAddress).join(',') };
  let redis: Redis | Cluster | undefined;
  try {
    const opened = (redis = connectPublisher(config));
    const refused = new Promise<never>((_, reject) =>
      opened.once('error', (error: Error & { lastNodeError?: Error }) => reject(error.lastNodeError ?? error)),
    );
    await Promise.race([whenReady(opened, ANSWER_MS), refused]);
    // A refused INFO is no fault: the product works without it.
    const about = await opened.info().catch(() => '');
    const fault = (await wrongServer(opened, config, about)) ?? (await lackOfRights(opened, config));
    if (fault) return { ...known, ok: false, ...fault };
    await tryScripts(config);
    return { ...known, ok: true, ...(await shown(config, about)) };
  } catch (error) {
    const advice = `${adviceOnRedis(error)}${REDIS_CLUSTER ? ' REDIS_CLUSTER=on is for a cluster only.' : ''}`;
    return { ...known, ok: false, detail: shownFault(reasonOf(error)), advice };
  } finally {
    redis?.disconnect();
  }
}

async function wrongServer(redis: Redis | Cluster, config: Config, about: string): Promise<Fault | undefined> {
  const old = versionTooOld(about);
  if (old !== undefined) return { detail: `it is like Redis ${old}`, advice: 'Use Redis 7 or later, or Valkey.' };
  if (redis instanceof Cluster) return undefined;
  if (/^cluster_enabled:1/m.test(about))
    return { detail: 'it is a node of a cluster', advice: 'Set REDIS_CLUSTER=on.' };
  const [role, names] = (await redis.role().catch(() => [/^role:(\w+)/m.exec(about)?.[1]])) as unknown[];
  if (role === 'sentinel') {
    const name = Array.isArray(names) ? String(names[0]) : 'mymaster';
    return {
      detail: 'it is a sentinel',
      advice: `Set REDIS_URL=redis+sentinel://${shownHosts(config.REDIS_URL)}/${name}.`,
    };
  }
  if (role === 'slave') {
    const advice =
      'Let REDIS_URL lead to the master, or name the sentinels: redis+sentinel://a:26379,b:26379/mymaster.';
    return { detail: 'it is a replica, which takes no writes', advice };
  }
  return undefined;
}

async function lackOfRights(redis: Redis | Cluster, { REDIS_CLUSTER: cluster }: Config): Promise<Fault | undefined> {
  const missing = await missingRights(redis);
  // Without these it is known less well how Redis is; nothing else is lost.
  const needed = missing.filter((right) => !['+info', '+role'].includes(right));
  if (needed.length === 0) return undefined;
  return {
    detail: `its user lacks ${needed.join(' ')}`,
    advice: `Give it the rights of docs/configuration.md: ACL SETUSER <user> ${rightsNeeded({ cluster }).join(' ')}`,
  };
}

/** Throws the error with which Redis refuses the scripts. */
async function tryScripts(config: Config): Promise<void> {
  const publisher = connectPublisher(config);
  const log = new RedisEventLog(publisher, () => connectPublisher(config) as Redis, {
    maxEntries: 1_000,
    legacy: 'off',
  });
  try {
    await whenReady(publisher, ANSWER_MS);
    const projectId = readProjectId(randomUUID());
    await log.append({
      writer: { projectId, lane: laneOfRole('story'), fence: 1, attempt: 1 },
      offset: 0,
      text: 'probe',
    });
    await log.snapshot(projectId);
    await log.delete(projectId);
  } finally {
    await log.close();
  }
}

async function shown(config: Config, about: string): Promise<Omit<Finding, 'service' | 'ok'>> {
  if (about === '') return { version: 'unknown version', detail: 'INFO is refused, so its memory is not known' };
  // The connection that was examined has listened, and asks no more.
  const redis = connectPublisher(config);
  try {
    await whenReady(redis, ANSWER_MS);
    const memories = await memoryOf(redis);
    const version = /^valkey_version:(\S+)/m.exec(about) ?? /^redis_version:(\S+)/m.exec(about);
    const isDurable = /^aof_enabled:1/m.test(about);
    const advice = [
      adviceOnMemory(memories),
      isDurable ? undefined : 'A restart of Redis loses live text, never a result. Set "appendonly yes" to keep it.',
    ].filter((each) => each !== undefined);
    return {
      version: version?.[1] ?? 'unknown version',
      detail: `append-only file ${isDurable ? 'on' : 'off'}, ${shownMemory(memories)}`,
      ...(advice.length > 0 && { advice: advice.join(' ') }),
    };
  } finally {
    redis.disconnect();
  }
}
