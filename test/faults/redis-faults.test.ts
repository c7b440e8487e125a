import type { SeenRequest } from '../../dev/studio';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { LaneId, StoryEvent } from '../../src/protocol';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { startApp, testEnv } from '../support/services';
import { sha256, textSeen, watchText, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { planLongRewrite, type LongRewrite } from '../support/long-rewrite';

const studio = new StudioControl();
let servers: RedisServers;

beforeAll(async () => {
  servers = RedisServers.open();
});
afterAll(() => servers.close());

interface Fault {
  readonly strike: (redis: RedisServer, proxy: TcpProxy) => Promise<void> | void;
  /** Where the fault does not pass by itself, nor stay. */
  readonly mend?: (redis: RedisServer, proxy: TcpProxy) => Promise<void> | void;
}

const faults: [string, Fault][] = [
  [
    'killed, gone for a while, and empty when it is back',
    { strike: (redis) => redis.kill(), mend: (redis) => redis.startAgain('gone') },
  ],
  [
    'killed and back, empty, at once',
    {
      strike: async (redis) => {
        await redis.kill();
        await redis.startAgain('gone');
      },
    },
  ],
  [
    'silent for longer than a call may take, with every connection open',
    { strike: (redis) => redis.freeze(), mend: (redis) => redis.thaw() },
  ],
  [
    'silent on the connections that are there, for good',
    {
      strike: (_, proxy) => {
        proxy.hang();
        proxy.heal();
      },
    },
  ],
  ['slow: 200 ms a call', { strike: (_, proxy) => void (proxy.delayMs = 200) }],
  [
    'refusing connections for a while',
    {
      strike: (_, proxy) => proxy.refuse(),
      mend: (_, proxy) => proxy.accept(),
    },
  ],
];

/** Tokens before the fault, and tokens that the provider sends while it lasts: 8 s at this pace, longer than a call may take. */
const BEFORE = 20;
const DURING = 240;
const PACE = { tokensPerSecond: 30 };

test.concurrent.each(faults)(
  'Where Redis is %s, in mid-stream, viewers have all of the text while it is written on, and afterwards',
  (_, fault) =>
    withStory(async ({ story, redis, proxy, viewer, watching, asked }) => {
      await fault.strike(redis, proxy);
      await studio.release(story.mark);
      await until('the provider has sent much of it', async (saw) => {
        return (saw(await asked())[0]?.tokensSent ?? 0) > BEFORE + DURING;
      });
      await fault.mend?.(redis, proxy);
      await watchText(viewer, story.projectId, Buffer.byteLength(story.text) / 2);
      expectWhole(await watching, story);
      await expectOneAttempt(viewer, story);
    }),
);

test.concurrent.each(faults.filter(([, { mend }]) => mend))(
  'Where Redis is %s, and nobody mends it, the text is made all the same, and the next lane begins',
  (_, { strike, mend }) =>
    withStory(async ({ story, redis, proxy, viewer, watching, asked }) => {
      await strike(redis, proxy);
      await studio.release(story.mark);
      await until('the storyboard is asked for', async (saw) => saw(await asked()).length > 1);
      await expectOneAttempt(viewer, story);
      await mend?.(redis, proxy);
      expectWhole(await watching, story);
    }),
);

interface StoryInTrouble {
  readonly story: LongRewrite;
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly viewer: StoryClient;
  readonly watching: Promise<StoryEvent[]>;
  /** What the provider was asked to write. */
  readonly asked: () => Promise<SeenRequest[]>;
}

/** A rewrite that its provider holds after a few tokens, its worker's way to Redis through a proxy, and a viewer beside it. */
async function withStory(work: (trouble: StoryInTrouble) => Promise<void>): Promise<void> {
  const redis = await servers.start();
  const proxy = await TcpProxy.start(redis.port);
  const env = testEnv({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  const worker = await startApp(env);
  // The viewer's own way to Redis is sound, so that what it misses is the worker's doing.
  const viewer = await StoryClient.connect(readConfig({ ...env, REDIS_URL: redis.url }));
  try {
    const story = await planLongRewrite(viewer, studio, { seconds: 14, ...PACE, hold: BEFORE });
    await viewer.start(story.projectId);
    const watching = watchUntil(viewer, story.projectId, (event) => doneOf(event) !== undefined);
    watching.catch(() => undefined);
    await watchText(viewer, story.projectId, BEFORE);
    const asked = async () => (await studio.requests(story.mark)).filter(({ kind }) => kind === 'chat');
    await work({ story, redis, proxy, viewer, watching, asked });
    await viewer.cancel(story.projectId);
    await watchToEnd(viewer, story.projectId);
  } finally {
    await viewer.close();
    await worker.close();
    await proxy.close();
  }
}

function expectWhole(events: readonly StoryEvent[], { text }: LongRewrite): void {
  expect(textSeen(events, 'rewrite')).toBe(text);
  expect(doneOf(events.at(-1) as StoryEvent)).toEqual({ length: Buffer.byteLength(text), sha256: sha256(text) });
}

/** The provider was read once and to its end. */
async function expectOneAttempt(viewer: StoryClient, { projectId }: LongRewrite): Promise<void> {
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
