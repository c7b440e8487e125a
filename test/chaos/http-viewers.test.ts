import { StoryHttpClient } from '../../src/http-client';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { laneId, type StoryEvent } from '../../src/protocol';
import { StoryPage } from '../../src/protocol/viewer';
import { GatewayProcess, ownKey } from '../support/gateway';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { testEnv } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';

const VIEWERS = 25;
const REWRITE = laneId('rewrite');
const studio = new StudioControl();
let database: OwnDatabase;
let servers: RedisServers;

beforeAll(async () => {
  database = await createOwnDatabase();
  servers = RedisServers.open();
});
afterAll(async () => {
  await servers.close();
  await database.drop();
});

interface Running {
  gateway: GatewayProcess;
  worker: WorkerProcess;
  readonly redis: RedisServer;
  readonly restartGateway: () => Promise<void>;
  readonly restartWorker: () => Promise<void>;
}

/** In mid-text; each puts everything back that it takes away. */
const faults: readonly [string, (running: Running) => Promise<void>][] = [
  [
    'a kill -9 of the gateway',
    async (running) => {
      await running.gateway.end('SIGKILL');
      await running.restartGateway();
    },
  ],
  [
    'a kill -9 of a worker',
    async (running) => {
      await running.worker.kill();
      await running.restartWorker();
    },
  ],
  [
    'a kill -9 of both',
    async (running) => {
      await Promise.all([running.gateway.end('SIGKILL'), running.worker.kill()]);
      await Promise.all([running.restartGateway(), running.restartWorker()]);
    },
  ],
  [
    'a Redis that is gone and comes back empty',
    async ({ redis }) => {
      await redis.kill();
      await redis.startAgain('gone');
    },
  ],
];

test.each(faults)(
  'Each viewer over HTTP has the stored text, to the byte, and proves it, through %s',
  async (_, strike) => {
    const redis = await servers.start();
    const env = testEnv({ DATABASE_URL: database.url, REDIS_URL: redis.url });
    const client = await StoryClient.connect(readConfig(env));
    const { secret, owner } = await ownKey({ client });
    const first = await GatewayProcess.start(env);
    const host = first.url.replace('http://', '');
    const running: Running = {
      gateway: first,
      worker: await WorkerProcess.start(env),
      redis,
      restartGateway: async () => void (running.gateway = await GatewayProcess.start(env, host)),
      restartWorker: async () => void (running.worker = await WorkerProcess.start(env)),
    };
    const stories = new StoryHttpClient({ url: first.url, token: secret });
    const { topic, mark } = ownTopic();
    const text = longText(mark, 100);
    await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 300 });
    const projectId = await client.create({ topic, owner, settings: { scenes: 1 } });
    const viewers = Array.from({ length: VIEWERS }, () => {
      const page = new StoryPage();
      const seen: StoryEvent[] = [];
      const watching = (async () => {
        for await (const event of stories.watch(projectId)) {
          seen.push(event);
          page.apply(event);
        }
        await page.proved();
      })();
      return { page, seen, watching };
    });
    await until('all snapshots', () => viewers.every(({ seen }) => seen.length > 0));
    await client.start(projectId, { stages: ['rewrite'] });
    await until('some of the text', () => viewers.every(({ page }) => (page.lanes.get(REWRITE)?.offset ?? 0) > 300));
    await strike(running);
    await Promise.all(viewers.map(({ watching }) => watching));
    const stored = (await client.editable(projectId)).rewrite;
    expect(stored).toBeTruthy();
    for (const { page } of viewers) {
      expect(page.status).toBe('completed');
      expect(page.lanes.get(REWRITE)).toMatchObject({ text: stored, proof: 'verified' });
      expect(page.needsSnapshot).toBe(false);
    }
    await stories.close();
    await running.gateway.end('SIGTERM');
    await running.worker.stop();
    await client.close();
  },
);
