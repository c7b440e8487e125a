import type { Redis } from 'ioredis';
import { withRedis } from '../stack/outside-service';
import type { RedisServer, RedisServers } from './servers';
import { until } from './until';

export const SLOTS = 16_384;
export const NODES = 3;

export type ClusterNode = RedisServer & { readonly busPort: number };

const at = <T>({ url }: RedisServer, use: (redis: Redis) => Promise<T>) => withRedis(url, 5_000, use);

/** Masters that have a third of the slots each; all of them are linked both ways. */
export async function startRedisCluster(
  servers: RedisServers,
  flavour?: Parameters<RedisServers['start']>[0],
): Promise<ClusterNode[]> {
  const nodes: ClusterNode[] = [];
  while (nodes.length < NODES) {
    const busPort = await servers.port(`bus ${nodes.length}`);
    const more = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '2000'];
    nodes.push({ ...(await servers.start(flavour, [...more, '--cluster-require-full-coverage', 'no'])), busPort });
  }
  const bound = (index: number) => Math.floor((SLOTS * index) / NODES);
  for (const [index, node] of nodes.entries()) {
    await at(node, async (redis) => {
      await redis.cluster('ADDSLOTSRANGE', bound(index), bound(index + 1) - 1);
      for (const other of nodes.slice(index + 1)) {
        await redis.call('CLUSTER', 'MEET', '127.0.0.1', other.port, other.busPort);
      }
    });
  }
  for (const node of nodes) await until('the node is linked to all others', () => isLinked(node));
  return nodes;
}

async function isLinked(node: RedisServer): Promise<boolean> {
  return at(node, async (redis) => {
    const known = String(await redis.cluster('NODES'));
    const linked = known.match(/ connected( |$)/gm)?.length === NODES && !/handshake|fail/.test(known);
    return linked && String(await redis.cluster('INFO')).includes('cluster_state:ok');
  });
}

/**
 * Moves the slot of a project from one node to another as an operator's tool does: key by key, with `between` after
 * each two.
 */
export async function moveSlot(
  nodes: readonly RedisServer[],
  from: number,
  projectId: string,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const [source, target] = [nodes[from], nodes[(from + 1) % nodes.length]];
  if (!source || !target) throw new Error('there is no such node');
  const slot = await at(source, (redis) => redis.cluster('KEYSLOT', `{${projectId}}`));
  const nameOf = (node: RedisServer) => at(node, async (redis) => String(await redis.cluster('MYID')));
  const [sourceName, targetName] = [await nameOf(source), await nameOf(target)];
  await at(target, (redis) => redis.cluster('SETSLOT', slot, 'IMPORTING', sourceName));
  await at(source, (redis) => redis.cluster('SETSLOT', slot, 'MIGRATING', targetName));
  const names = await at(source, (redis) => redis.keys(`story:{${projectId}}:*`));
  // The log first: it is what a script is found by.
  for (const name of names.sort((a, b) => Number(b.endsWith(':log')) - Number(a.endsWith(':log')))) {
    await at(source, (redis) => redis.call('MIGRATE', '127.0.0.1', target.port, name, 0, 5_000));
    await between();
  }
  for (const node of [target, source, ...nodes])
    await at(node, (redis) => redis.cluster('SETSLOT', slot, 'NODE', targetName));
}

/** The index of the node that has the project's slot now. */
export async function ownerOf(nodes: readonly RedisServer[], projectId: string): Promise<number> {
  const owns = await Promise.all(
    nodes.map((node) => at(node, (redis) => redis.exists(`story:{${projectId}}:log`)).catch(() => 0)),
  );
  return owns.indexOf(1);
}
