import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from 'ioredis';
import { withRedis } from '../../dev/stack/outside-service';
import { PortBook } from '../../dev/stack/ports';
import { ProcessTable } from '../../dev/stack/process-table';
import { projectRoot } from '../../dev/stack/project-root';
import { answers, findRedis, urlOf } from '../../dev/stack/redis';
import { runService } from '../../dev/stack/run-service';
import type { StackContext } from '../../dev/stack/stack-types';
import { prepareStateDir, toolsDirOf } from '../../dev/stack/state-dir';
import { connectRedis, RedisEventLog } from '../../src/stream';
import { until } from '../support/until';
import { eventLogContract } from './event-log-contract';
import { append, begin, listen, writerOf } from './log-under-test';

type Node = Readonly<{ port: number; busPort: number }>;

const SLOTS = 16_384;
const STATE = join(projectRoot(), '.storyreel');
const folder = join(STATE, `test-cluster-${randomUUID().slice(0, 8)}`);
const nodes: Node[] = [];
let processes: ProcessTable | undefined;

// The bounds of all steps together are shorter than the time jest gives: nothing is started any more once it has ended.
beforeAll(async () => {
  prepareStateDir(folder);
  processes = ProcessTable.open(folder);
  const context: StackContext = {
    ...{ stateDir: folder, toolsDir: toolsDirOf(STATE, process.env), env: process.env, persistent: false },
    ...{ ports: new PortBook(folder, false), processes, signal: new AbortController().signal },
    report: ({ service, message }) => process.stderr.write(`  ${service} ${message}\n`),
  };
  const program = await findRedis(context);
  for (const name of ['first', 'second', 'third']) nodes.push(await startNode(context, program, name));
  await formCluster();
});

afterAll(async () => {
  await processes?.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

async function startNode(context: StackContext, program: string, name: string): Promise<Node> {
  const dataDir = join(folder, name);
  prepareStateDir(dataDir);
  let node: Node = { port: 0, busPort: 0 };
  await runService(
    { ...context, stateDir: dataDir },
    async () => {
      node = { port: await context.ports.take(name), busPort: await context.ports.take(`${name} bus`) };
      const place = ['--bind', '127.0.0.1', '--port', String(node.port), '--dir', dataDir];
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(node.busPort)];
      const args = [...place, ...cluster, '--appendonly', 'no', '--save', ''];
      return { name: 'redis', program, args, stopSignal: 'SIGTERM' };
    },
    (pid) => answers(urlOf(node.port), pid),
    10_000,
  );
  return node;
}

/** Gives each node a third of the slots and the address of the others; returns when all nodes are linked both ways. */
async function formCluster(): Promise<void> {
  const bound = (index: number) => Math.floor((SLOTS * index) / nodes.length);
  for (const [index, { port }] of nodes.entries()) {
    await withRedis(urlOf(port), 5_000, async (redis) => {
      await redis.cluster('ADDSLOTSRANGE', bound(index), bound(index + 1) - 1);
      for (const other of nodes.slice(index + 1)) {
        await redis.call('CLUSTER', 'MEET', '127.0.0.1', other.port, other.busPort);
      }
    });
  }
  for (const { port } of nodes) await until(`the node on ${port} is linked to all others`, () => isLinked(port), 7_000);
}

async function isLinked(port: number): Promise<boolean> {
  return withRedis(urlOf(port), 5_000, async (redis) => {
    const known = String(await redis.cluster('NODES'));
    const linked = known.match(/ connected /g)?.length === nodes.length && !known.includes('handshake');
    return linked && String(await redis.cluster('INFO')).includes('cluster_state:ok');
  });
}

function addressOf(index: number): string {
  return urlOf(nodes[index]?.port ?? 0);
}

/** A log that writes to all nodes and listens at one of them. */
async function open(maxEntries: number, listensAt: number): Promise<RedisEventLog> {
  const redisOptions = { maxRetriesPerRequest: 1, commandTimeout: 5_000 };
  const options = { enableOfflineQueue: false, enableAutoPipelining: true, redisOptions };
  const publisher = new Cluster([addressOf(0)], options);
  await until('the client knows the cluster', () => publisher.status === 'ready', 10_000);
  const connectSubscriber = () => connectRedis(addressOf(listensAt), 'subscriber');
  return new RedisEventLog(publisher, connectSubscriber, { maxEntries, upstream: 'off', appendWaitMs: 0 });
}

// Nodes pass on what they publish up to some 40 ms late, so one who subscribes may still hear of what came just before.
// The contract counts what is heard: here, and not in the product, a subscription waits for what is on its way.
eventLogContract(
  'The event log in Redis Cluster',
  async (maxEntries = 100_000) => {
    const log = await open(maxEntries, 0);
    const subscribe = log.subscribe.bind(log);
    log.subscribe = async (...args) => {
      await allHasArrived(0);
      return subscribe(...args);
    };
    return log;
  },
  60,
);

/** Resolves when the node has what all others published before: each of them passes its messages on in their order. */
async function allHasArrived(index: number): Promise<void> {
  const probe = `probe:${randomUUID()}`;
  const others = nodes.filter((_, i) => i !== index).map(({ port }) => urlOf(port));
  await withRedis(addressOf(index), 5_000, async (redis) => {
    let heard = 0;
    redis.on('message', () => (heard += 1));
    await redis.subscribe(probe);
    for (const url of others) await withRedis(url, 5_000, (other) => other.publish(probe, ''));
    await until('the probes have arrived', () => heard === others.length, 4_000);
  });
}

test.each([0, 1, 2])('one who listens at node %i hears of the projects of all nodes', async (listensAt) => {
  const log = await open(1_000, listensAt);
  try {
    const begun = await Promise.all(Array.from({ length: 30 }, () => begin(log)));
    expect(new Set(await Promise.all(begun.map(({ projectId }) => ownerOf(projectId)))).size).toBe(nodes.length);
    for (const { projectId } of begun) {
      const heard = await listen(log, projectId);
      await append(log, writerOf(projectId, 1), 0, '雨');
      await until('the token is heard', () => heard.events().some(({ type }) => type === 'token'));
      heard.leave();
    }
  } finally {
    await log.close();
  }
});

/** The index of the node whose slots hold the project's keys. */
async function ownerOf(projectId: string): Promise<number> {
  const slot = await withRedis(addressOf(0), 5_000, (redis) => redis.cluster('KEYSLOT', `{${projectId}}`));
  return Math.floor((Number(slot) * nodes.length) / SLOTS);
}
