import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { LaneId, ProjectId, StoryEvent } from '../../src/protocol';
import { testEnv } from '../support/services';
import { ownTopic, sha256, textSeen, watchText, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { WorkerProcess } from '../support/worker-process';
import { diceFor, SEED } from './dice';
import { longText } from '../support/long-rewrite';

const LANE = 'rewrite' as LaneId;
const LANES = 20;
/** Seconds from the first token: twice while all write, then while the next attempts do. */
const KILLS = [
  [0.5, 5],
  [5, 9],
  [19, 24],
] as const;

const studio = new StudioControl();

interface Written {
  readonly projectId: ProjectId;
  readonly text: string;
  readonly watching: Promise<StoryEvent[]>;
}

/** A text that takes 13 s, as often as it is asked for; what comes after it would take for ever. */
async function begin(client: StoryClient): Promise<Written> {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 25);
  await studio.misbehave(`Topic: ${topic}`, 'chat', { text, tokensPerSecond: 25 }, 6);
  await studio.misbehave(mark, 'chat', { stall: 0 }, 6);
  const projectId = await client.create({ topic });
  await client.start(projectId);
  const isDone = (event: StoryEvent) => event.type === 'done' && event.lane === LANE;
  const watching = watchUntil(client, projectId, isDone);
  watching.catch(() => undefined);
  return { projectId, text, watching };
}

async function firstOf(events: AsyncIterable<StoryEvent>): Promise<StoryEvent | undefined> {
  for await (const event of events) return event;
  return undefined;
}

/** Which lanes did not end with the same, whole text at the viewer, in `done` and in Postgres. */
async function wrong(client: StoryClient, lanes: readonly Written[]): Promise<string[]> {
  const found = await Promise.all(
    lanes.map(async ({ projectId, text, watching }) => {
      const events = await watching.catch((error: Error) => error);
      if (events instanceof Error) return [`${projectId}: ${events.message}`];
      const done = events.at(-1);
      const stored = await firstOf(client.watch(projectId));
      const right = {
        seen: textSeen(events, LANE) === text,
        done: done?.type === 'done' && done.metadata.sha256 === sha256(text),
        stored: stored?.type === 'snapshot' && stored.lanes[LANE]?.text === text,
      };
      return Object.values(right).every(Boolean) ? [] : [`${projectId}: ${JSON.stringify(right)}`];
    }),
  );
  return found.flat();
}

test.concurrent.each([
  ['is gone on from', 'prefill', 'resumed'],
  ['is begun again', 'none', 'reset'],
])(
  'Workers are killed with -9 at any moment, and every text %s and ends whole',
  async (_, STORYREEL_TEXT_CONTINUATION, change) => {
    const dice = diceFor(`kills/${change}`);
    const env = testEnv({ STORYREEL_TEXT_CONTINUATION });
    const client = await StoryClient.connect(readConfig(env));
    const workers = await Promise.all([WorkerProcess.start(env), WorkerProcess.start(env)]);
    try {
      const lanes = await Promise.all(Array.from({ length: LANES }, () => begin(client)));
      await Promise.all(lanes.map(({ projectId }) => watchText(client, projectId)));
      const from = Date.now();
      const killed: string[] = [];
      for (const [earliest, latest] of KILLS) {
        const [at, which] = [dice.between(earliest, latest), dice.whole(0, 1)];
        await new Promise((resolve) => setTimeout(resolve, from + at * 1000 - Date.now()));
        killed.push(`worker ${which} after ${at.toFixed(3)} s`);
        await workers[which]?.kill();
        workers[which] = await WorkerProcess.start(env);
      }
      expect({ SEED, killed, wrong: await wrong(client, lanes) }).toEqual({ SEED, killed, wrong: [] });
      const all = (await Promise.all(lanes.map(({ watching }) => watching))).flat();
      // How many lanes a killed worker had is chance: about half of them, at one kill or more.
      expect(all.filter(({ type }) => type === change)).not.toEqual([]);
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
      await client.close();
    }
  },
);
