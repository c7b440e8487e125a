import { Redis } from 'ioredis';
import { rightsNeeded } from '../../src/stream';
import { planLongRewrite } from '../support/long-rewrite';
import { moveSlot, ownerOf, startRedisCluster } from '../support/redis-servers';
import { startRedisGroup } from '../support/redis-servers';
import { RedisServers } from '../support/redis-servers';
import { startApp } from '../support/services';
import { textSeen, watchText, watchToEnd, typesOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';

const studio = new StudioControl();
let servers: RedisServers;

beforeAll(() => void (servers = RedisServers.open()));
afterAll(() => servers.close());

/** Makes a film in whose first text something happens to Redis, and demands that its viewer has all of that text. */
async function filmThrough(
  env: Readonly<Record<string, string>>,
  strike: (projectId: string) => Promise<unknown>,
): Promise<void> {
  const app = await startApp(env);
  try {
    const story = await planLongRewrite(app.client, studio, { seconds: 10, hold: 20 });
    await app.client.start(story.projectId);
    const watching = watchToEnd(app.client, story.projectId);
    watching.catch(() => undefined);
    await watchText(app.client, story.projectId, 20);
    await studio.release(story.mark);
    await watchText(app.client, story.projectId, 200);
    await strike(story.projectId);
    const events = await watching;
    expect(textSeen(events, 'rewrite')).toBe(story.text);
    expect(['pipeline_done', 'snapshot']).toContain(typesOf(events).at(-1));
    const { status, lanes } = await app.client.status(story.projectId);
    expect(status).toBe('completed');
    expect(lanes[0]).toMatchObject({ lane: 'rewrite', attempt: 1 });
  } finally {
    await app.close();
  }
}

test('A film is made while sentinels replace the master in mid-text, and replace it once more', async () => {
  const group = await startRedisGroup(servers, 'Valkey');
  await filmThrough({ REDIS_URL: group.url }, async () => {
    await group.failOver();
    await group.failOver();
  });
});

test('A film is made while a cluster of three nodes moves its project from node to node in mid-text', async () => {
  const nodes = await startRedisCluster(servers);
  const env = { REDIS_URL: nodes.map(({ url }) => url).join(','), REDIS_CLUSTER: 'on' };
  await filmThrough(env, async (projectId) => {
    for (let times = 0; times < 3; times++) await moveSlot(nodes, await ownerOf(nodes, projectId), projectId);
  });
});

test('A film is made by a user of Redis who has only the rights that it needs', async () => {
  const server = await servers.start();
  const redis = new Redis(server.url);
  await redis.acl('SETUSER', 'storyreel', 'reset', 'on', '>pw', ...rightsNeeded({ cluster: false }));
  redis.disconnect();
  await filmThrough({ REDIS_URL: server.url.replace('//', '//storyreel:pw@') }, () => Promise.resolve());
});
