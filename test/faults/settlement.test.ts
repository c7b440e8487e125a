import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { isFinal, isTerminal, type LaneId, type LogEvent, type ProjectId, type StoryEvent } from '../../src/protocol';
import { createOwnDatabase } from '../support/own-database';
import { eventsInLog } from '../support/raw-log';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { testEnv } from '../support/services';
import { sha256, textSeen, watchText, watchUntil } from '../support/stories';
import { holdEnd } from '../support/stuck-project';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';
import { planLongRewrite } from '../support/long-rewrite';

const LANE = 'rewrite' as LaneId;
const studio = new StudioControl();
let servers: RedisServers;

beforeAll(async () => {
  servers = RedisServers.open();
});
afterAll(() => servers.close());

/** A worker whose words to Redis can be held back, and a viewer on Redis itself. */
interface Scene {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly worker: WorkerProcess;
  readonly client: StoryClient;
  /** Starts another worker; it reaches Redis. */
  readonly startWorker: () => Promise<unknown>;
}

async function play(act: (scene: Scene) => Promise<void>, settings: Record<string, string> = {}): Promise<void> {
  const redis = await servers.start();
  const proxy = await TcpProxy.start(redis.port);
  const env = testEnv({ REDIS_URL: redis.url, ...settings });
  const client = await StoryClient.connect(readConfig(env));
  const workers = [await WorkerProcess.start({ ...env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` })];
  const startWorker = async () => workers.push(await WorkerProcess.start(env));
  try {
    await act({ redis, proxy, worker: workers[0] as WorkerProcess, client, startWorker });
  } finally {
    for (const worker of workers) await worker.kill();
    await client.close();
    await proxy.close();
  }
}

/** Everything that a viewer sees who came early, to the end that it is told of. */
function watch(client: StoryClient, projectId: ProjectId): Promise<StoryEvent[]> {
  const watching = watchUntil(client, projectId, () => false);
  watching.catch(() => undefined);
  return watching;
}

/** What tells a viewer that the run has ended. */
function ends(events: readonly StoryEvent[]): StoryEvent[] {
  return events.filter((event) => isTerminal(event) || (event.type === 'snapshot' && isFinal(event.status)));
}

/** What tells a viewer that the rewrite is whole. */
function wholes(events: readonly StoryEvent[]): { length: number; sha256: string | undefined }[] {
  return events.flatMap((event) => {
    if (event.type === 'done' && event.lane === LANE) return [event.metadata];
    const lane = event.type === 'snapshot' ? event.lanes[LANE] : undefined;
    return lane?.status === 'completed' ? [{ length: lane.offset, sha256: lane.sha256 }] : [];
  });
}

const moments: [string, { keepsText: boolean; strike: (scene: Scene) => Promise<void> }][] = [
  [
    'the worker is killed with -9',
    {
      keepsText: true,
      strike: async ({ worker, startWorker }) => {
        await worker.kill();
        await startWorker();
      },
    },
  ],
  [
    'Redis dies, and comes back empty',
    {
      keepsText: true,
      strike: async ({ redis, proxy }) => {
        await redis.kill();
        proxy.heal();
        await redis.startAgain('gone');
      },
    },
  ],
  [
    'both die, and Redis comes back empty',
    {
      keepsText: false,
      strike: async ({ redis, worker, startWorker }) => {
        await Promise.all([redis.kill(), worker.kill()]);
        await redis.startAgain('gone');
        await startWorker();
      },
    },
  ],
];

test.concurrent.each(moments)(
  'When, between the commit of a text and its announcement, %s, an open viewer is notified of it, and once of the end',
  (_, { keepsText, strike }) =>
    play(async (scene) => {
      const { client, proxy } = scene;
      const { projectId, text } = await planLongRewrite(client, studio, { seconds: 3 });
      await client.start(projectId);
      const watching = watch(client, projectId);
      await watchText(client, projectId, 200);
      proxy.hang();
      await until('the text is committed', async () => {
        const { lanes } = await client.status(projectId);
        return lanes.some(({ lane, status }) => lane === LANE && status === 'completed');
      });
      await strike(scene);

      const events = await watching;
      const whole = { length: Buffer.byteLength(text), sha256: sha256(text) };
      expect(wholes(events).length).toBeGreaterThan(0);
      for (const told of wholes(events)) expect(told).toEqual(whole);
      expect(events.filter((event) => event.type === 'done' && event.lane === LANE).length).toBeLessThan(2);
      expect(textSeen(events, LANE)).toBe(text);
      // Only where nobody is left who remembers it, the text is told anew.
      const resets = events.filter((event) => event.type === 'reset' && event.lane === LANE);
      if (keepsText) expect(resets).toEqual([]);
      expect(ends(events)).toEqual(events.slice(-1));
      expect(events.at(-1)?.type).toBe('pipeline_done');
      const inLog = await eventsInLog(scene.redis.url, projectId);
      expect(inLog.filter((event) => isTerminal(event))).toHaveLength(1);
    }),
);

test.concurrent(
  'When the worker is killed with -9 between the commit of the end of a run and its announcement, every viewer is notified once',
  async () => {
    const database = await createOwnDatabase();
    const { dataSource } = database;
    await play(
      async ({ client, proxy, worker, redis, startWorker }) => {
        const { projectId } = await planLongRewrite(client, studio, { seconds: 1 });
        await client.start(projectId);
        const watching = watch(client, projectId);
        await watchUntil(client, projectId, ({ type, stage }) => type === 'done' && stage === 'rewrite');
        // Holds up the commit of the end, and nothing else, until the worker's words to Redis are held back.
        const letEnd = await holdEnd(dataSource, projectId);
        const isFilm = ({ type, stage }: StoryEvent) => type === 'stage_completed' && stage === 'film';
        await watchUntil(client, projectId, isFilm);
        proxy.hang();
        await letEnd();
        await until('the end is committed', async () => (await client.status(projectId)).status === 'completed');
        await worker.kill();
        // A backend that follows all projects needs neither the worker nor Redis for it.
        const { outcomes } = await client.overview.outcomes();
        expect(outcomes).toEqual([expect.objectContaining({ projectId, status: 'completed' })]);
        await startWorker();

        const events = await watching;
        expect(ends(events)).toEqual(events.slice(-1));
        await until('the end is on the log', async () =>
          (await eventsInLog(redis.url, projectId)).some((event) => isTerminal(event)),
        );
        const terminal = (await eventsInLog(redis.url, projectId)).filter((event) => isTerminal(event));
        expect(terminal.map(({ type }: LogEvent) => type)).toEqual(['pipeline_done']);
        expect((await client.overview.outcomes()).outcomes).toEqual(outcomes);
      },
      { DATABASE_URL: database.url },
    );
    await database.drop();
  },
);
