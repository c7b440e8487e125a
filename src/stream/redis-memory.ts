import { Cluster, type Redis } from 'ioredis';

export interface RedisMemory {
  /** Undefined if only the machine limits it. */
  readonly maxBytes?: number;
  readonly policy: string;
}

/**
 * The memory limit of each master, and what is evicted at that limit. Rejects if Redis does not allow this question.
 */
export async function memoryOf(redis: Redis | Cluster): Promise<readonly RedisMemory[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  return Promise.all(
    nodes.map(async (node) => {
      const about = await node.info('memory');
      const maxBytes = Number(/^maxmemory:(\d+)/m.exec(about)?.[1] ?? 0);
      const policy = /^maxmemory_policy:(\S+)/m.exec(about)?.[1] ?? 'unknown';
      return { ...(maxBytes > 0 && { maxBytes }), policy };
    }),
  );
}

/** Undefined if nothing that is needed is evicted. */
export function adviceOnMemory(memories: readonly RedisMemory[]): string | undefined {
  const evicting = memories.find(({ policy }) => !['noeviction', 'unknown'].includes(policy));
  return (
    evicting &&
    `Redis may drop live text and marks when its memory is full (maxmemory-policy ${evicting.policy}). ` +
      'Set "maxmemory-policy noeviction".'
  );
}

export function shownMemory(memories: readonly RedisMemory[]): string {
  const each = memories.map(({ maxBytes, policy }) =>
    maxBytes === undefined ? `maxmemory not set, ${policy}` : `maxmemory ${Math.round(maxBytes / 1e6)} MB, ${policy}`,
  );
  return [...new Set(each)].join('; ');
}
