import { withRedis } from '../../dev/stack/outside-service';
import { readConfig } from '../../src/config';
import { openRedis, type RedisEventLog } from '../../src/stream';
import { moveSlot, NODES, SLOTS, startRedisCluster, type ClusterNode } from '../support/redis-servers';
import { FLAVOURS, RedisServers, type RedisServer } from '../support/redis-servers';
import { until } from '../support/until';
import { openControlChannel } from '../contract/control-under-test';
import { controlChannelContract } from '../contract/control-channel-contract';
import { eventLogContract } from '../contract/event-log-contract';
import { append, begin, listen, newProject, readAll, writerOf } from '../contract/log-under-test';

describe.each(FLAVOURS)('A cluster of %s', (flavour) => {
  let servers: RedisServers;
  let nodes: ClusterNode[];

  beforeAll(async () => {
    servers = RedisServers.open();
    nodes = await startRedisCluster(servers, flavour);
  });
  afterAll(() => servers.close());

  /** As a worker opens it, from what the settings say. */
  async function open(maxEntries = 100_000, named = nodes.slice(0, 1)): Promise<RedisEventLog> {
    const config = readConfig({ REDIS_URL: named.map(({ url }) => url).join(','), REDIS_CLUSTER: 'on' });
    const log = openRedis({ ...config, LOG_MAX_EVENTS: maxEntries, LEGACY_CHANNELS: false }).log;
    const answers = () => log.snapshot(newProject()).then(Boolean, () => false);
    await until('the cluster answers', answers);
    return log;
  }

  /** The index of the node whose slots hold the project's keys. */
  async function ownerOf(projectId: string): Promise<number> {
    const ask = ({ url }: RedisServer) => withRedis(url, 5_000, (redis) => redis.cluster('KEYSLOT', `{${projectId}}`));
    const slot = await Promise.any(nodes.map(ask));
    return Math.floor((Number(slot) * NODES) / SLOTS);
  }

  /** The index of the node that the only listener is connected to. */
  async function listenedAt(): Promise<number> {
    return until('somebody listens', async () => {
      for (const [index, { url }] of nodes.entries()) {
        const clients = await withRedis(url, 5_000, (redis) => redis.client('LIST')).catch(() => '');
        if (String(clients).includes('name=storyreel-subscriber')) return { index };
      }
      return undefined;
    }).then(({ index }) => index);
  }

  const openControl = () => openControlChannel(readConfig({ REDIS_URL: nodes[0]?.url, REDIS_CLUSTER: 'on' }));

  eventLogContract('The event log', open, 60);
  controlChannelContract('The control channel', openControl);

  test('a project whose keys move to another node one by one loses nothing, and none of them is made anew there', async () => {
    const log = await open(1_000);
    try {
      const { projectId, start } = await begin(log);
      await append(log, writerOf(projectId, 5), 0, 'before');
      await moveSlot(nodes, await ownerOf(projectId), projectId, async () => {
        const replies = await Promise.allSettled([
          append(log, writerOf(projectId, 4), 0, 'of an older attempt'),
          append(log, writerOf(projectId, 5), 6, ', between'),
          log.keep(projectId, 3),
          log.publish({ projectId, stage: 'pipeline', events: [], once: { key: 'once', value: 1 } }),
        ]);
        expect(replies[0]).not.toMatchObject({ value: { kind: 'ok' } });
        expect(replies[1]).not.toMatchObject({ value: { kind: 'gap' } });
      });
      expect(await append(log, writerOf(projectId, 5), 6, ', between')).toEqual({ kind: 'ok', length: 15 });
      expect(await append(log, writerOf(projectId, 4), 0, 'old')).toEqual({ kind: 'stale', fence: 5 });
      expect((await log.lane(projectId, writerOf(projectId, 5).lane))?.text).toBe('before, between');
      expect(await readAll(log, projectId, start)).toMatchObject([{ content: 'before' }, { content: ', between' }]);
    } finally {
      await log.close();
    }
  });

  test('one who listens hears of the projects of all nodes', async () => {
    const log = await open(1_000);
    try {
      const begun = await Promise.all(Array.from({ length: 30 }, () => begin(log)));
      expect(new Set(await Promise.all(begun.map(({ projectId }) => ownerOf(projectId)))).size).toBe(NODES);
      for (const { projectId } of begun) {
        const heard = await listen(log, projectId);
        await append(log, writerOf(projectId, 1), 0, '雨');
        await until('the token is heard', () => heard.events().length > 0);
        expect(heard.events()).toMatchObject([{ type: 'token', content: '雨' }]);
        heard.leave();
      }
    } finally {
      await log.close();
    }
  });

  test('when a node dies, its listeners are notified, and receive at another node what the rest of the cluster writes', async () => {
    const log = await open(1_000, nodes);
    try {
      let { projectId } = await begin(log);
      const first = await listen(log, projectId);
      const dead = await listenedAt();
      while ((await ownerOf(projectId)) === dead) ({ projectId } = await begin(log));
      const heard = await listen(log, projectId);
      first.leave();
      await nodes[dead]?.kill();
      await until('told', () => heard.messages.some(({ kind }) => kind === 'interrupted'));
      expect(await listenedAt()).not.toBe(dead);
      let length = 0;
      await until('written', async () => {
        const reply = await append(log, writerOf(projectId, 1), length, 'a').catch(() => undefined);
        if (reply?.kind === 'ok') length = reply.length;
        return length > 0;
      });
      await until('heard', () => heard.events().length > 0);

      let orphan = newProject();
      while ((await ownerOf(orphan)) !== dead) orphan = newProject();
      const began = Date.now();
      await expect(append(log, writerOf(orphan, 1), 0, 'a')).rejects.toThrow();
      expect(Date.now() - began).toBeLessThan(30_000);

      await nodes[dead]?.startAgain('kept');
      await until('it takes writes again', () => append(log, writerOf(orphan, 1), 0, 'a').catch(() => false));
      heard.leave();
    } finally {
      await log.close();
    }
  });
});
