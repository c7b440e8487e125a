import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { LaneId, StoryEvent } from '../../src/protocol';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { startApp, testEnv } from '../support/services';
import { sha256, textSeen, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { planLongRewrite, type LongRewrite } from './long-rewrite';

const TEST_MS = 110_000;
/** How much later than its provider's last token the next lane may begin: less than a call to Redis may take. */
const SLOWED_MS = 4_500;

const studio = new StudioControl();
let servers: RedisServers;

beforeAll(async () => {
  servers = RedisServers.open();
}, TEST_MS);
afterAll(() => servers.close());

interface Fault {
  /** How long the text streams without a fault. */
  readonly seconds: number;
  readonly strike: (redis: RedisServer, proxy: TcpProxy) => Promise<void>;
}

const faults: [string, Fault][] = [
  [
    'killed, gone for 30 s, and empty when it is back',
    {
      seconds: 36,
      strike: async (redis) => {
        await redis.kill();
        await pass(30_000);
        await redis.startAgain('gone');
      },
    },
  ],
  [
    'killed and back, empty, at once',
    {
      seconds: 6,
      strike: async (redis) => {
        await redis.kill();
        await redis.startAgain('gone');
      },
    },
  ],
  [
    'silent for longer than a call may take, with every connection open',
    {
      seconds: 12,
      strike: async (redis) => {
        redis.freeze();
        await pass(8_000);
        redis.thaw();
      },
    },
  ],
  [
    'silent on the connections that are there, for good',
    {
      seconds: 14,
      strike: (_, proxy) => {
        proxy.hang();
        proxy.heal();
        return Promise.resolve();
      },
    },
  ],
  [
    'silent until after the end of the text',
    {
      seconds: 3,
      strike: async (redis) => {
        redis.freeze();
        await pass(8_000);
        redis.thaw();
      },
    },
  ],
  [
    'slow: 200 ms a call',
    {
      seconds: 6,
      strike: (_, proxy) => {
        proxy.delayMs = 200;
        return Promise.resolve();
      },
    },
  ],
  [
    'refusing connections for a while',
    {
      seconds: 8,
      strike: async (_, proxy) => {
        await proxy.refuse();
        await pass(4_000);
        await proxy.accept();
      },
    },
  ],
];

/** The length of a fault is what is tried here, so this time passes for real. */
function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test.concurrent.each(faults)(
  'Where Redis is %s, in mid-stream, the text is made as fast as ever, and viewers have all of it afterwards',
  async (_, { seconds, strike }) => {
    const redis = await servers.start();
    const proxy = await TcpProxy.start(redis.port);
    const env = testEnv({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const worker = await startApp(env);
    // The viewer's own way to Redis is sound, so that what it misses is the worker's doing.
    const viewer = await StoryClient.connect(readConfig({ ...env, REDIS_URL: redis.url }));
    try {
      const story = await planLongRewrite(viewer, studio, { seconds });
      await viewer.start(story.projectId);
      const watching = watchUntil(viewer, story.projectId, (event) => doneOf(event) !== undefined, TEST_MS);
      watching.catch(() => undefined);
      let tokens = 0;
      await watchUntil(viewer, story.projectId, ({ type }) => type === 'token' && ++tokens > 20);
      const struck = strike(redis, proxy);
      await expectUnhurried(viewer, story);
      await struck;
      const events = await watching;
      expect(textSeen(events, 'rewrite')).toBe(story.text);
      expect(doneOf(events.at(-1) as StoryEvent)).toEqual({
        length: Buffer.byteLength(story.text),
        sha256: sha256(story.text),
      });
      await viewer.cancel(story.projectId);
      await watchToEnd(viewer, story.projectId);
    } finally {
      await viewer.close();
      await worker.close();
      await proxy.close();
    }
  },
  TEST_MS,
);

/** The provider was read at its own pace, at once and once, and the next lane did not wait for Redis. */
async function expectUnhurried(viewer: StoryClient, { projectId, mark, tokensPerSecond }: LongRewrite): Promise<void> {
  const asked = async () => (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
  await until('the storyboard is asked for', async () => (await asked()).length > 1, TEST_MS);
  const [rewrite, storyboard] = await asked();
  const lasted = (rewrite?.endedAt ?? Infinity) - (rewrite?.at ?? 0);
  const paced = ((rewrite?.tokensSent ?? 0) * 1000) / tokensPerSecond;
  const next = (storyboard?.at ?? Infinity) - (rewrite?.endedAt ?? 0);
  expect(lasted).toBeLessThan(paced + SLOWED_MS);
  expect(next).toBeLessThan(SLOWED_MS);
  const { lanes } = await viewer.status(projectId);
  expect(lanes[0]).toMatchObject({ lane: 'rewrite', status: 'completed', attempt: 1 });
}

const REWRITE = 'rewrite' as LaneId;

/** The length and hash by which a viewer learns that the rewrite is whole: by `done`, or by a snapshot in its place. */
function doneOf(event: StoryEvent): { length: number; sha256: string } | undefined {
  if (event.type === 'done' && event.lane === REWRITE) return event.metadata;
  const lane = event.type === 'snapshot' ? event.lanes[REWRITE] : undefined;
  return lane?.status === 'completed' && lane.sha256 ? { length: lane.offset, sha256: lane.sha256 } : undefined;
}
