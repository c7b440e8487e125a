import fc from 'fast-check';
import { connectRedis, RedisEventLog, TextWriter, whenReady } from '../../src/stream';
import { FLAVOURS, RedisServers, type RedisServer } from '../support/redis-servers';
import { textSeen } from '../support/stories';
import { until } from '../support/until';
import { REWRITE, WatchedStory } from '../support/watched-story';
import { Attempt, patiently, pieces, step, type Step } from '../contract/attempt';
import { NOTE, textOf } from '../contract/log-under-test';

/** Stories share the restarts of a run, because those cost the time. */
interface Script {
  readonly older: readonly string[];
  readonly newer: readonly string[];
  readonly continues: boolean;
  readonly steps: readonly Step[];
}

/** The server is killed with -9 before a round of steps, or in the midst of it; so answers are lost in earnest. */
interface Restart {
  readonly round: number;
  readonly when: 'before' | 'during';
  readonly data: 'kept' | 'gone';
}

const ROUNDS = 10;
const steps = fc.array(step, { minLength: ROUNDS / 2, maxLength: ROUNDS });
const scripts = fc.array(fc.record({ older: pieces, newer: pieces, continues: fc.boolean(), steps }), {
  minLength: 4,
  maxLength: 8,
});
const restarts = fc.uniqueArray(
  fc.record({
    round: fc.integer({ min: 0, max: ROUNDS - 1 }),
    when: fc.constantFrom<Restart['when'][]>('before', 'during'),
    data: fc.constantFrom<Restart['data'][]>('kept', 'gone'),
  }),
  { minLength: 1, maxLength: 2, selector: ({ round }) => round },
);

/** Two attempts of one lane and what they write, in whichever way. */
interface Actors {
  take(story: WatchedStory, step: Step): Promise<void>;
  finish(): Promise<void>;
  /** What the winner wrote. */
  text(): string;
}

describe.each(FLAVOURS)('With a %s that is killed and comes back, with its data or without,', (flavour) => {
  let servers: RedisServers;
  let server: RedisServer;
  let log: RedisEventLog;

  beforeAll(async () => {
    servers = RedisServers.open();
    server = await servers.start(flavour, ['--appendonly', 'yes', '--appendfsync', 'always']);
    const publisher = connectRedis(server.url, 'publisher');
    await whenReady(publisher, 5_000);
    log = new RedisEventLog(publisher, () => connectRedis(server.url, 'subscriber'), {
      maxEntries: 100_000,
      legacy: 'off',
    });
  });
  afterAll(async () => {
    await log.close();
    await servers.close();
  });

  async function play(actorsOf: (script: Script) => Actors, all: readonly Script[], plan: readonly Restart[]) {
    const cast = all.map((script) => {
      const story = new WatchedStory(log);
      return { script, story, actors: actorsOf(script), viewers: [story.view()] };
    });
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const restart = plan.find((planned) => planned.round === round);
        if (restart?.when === 'before') await crash(restart);
        const taken = cast.map(async ({ script, story, actors }) => {
          const next = script.steps[round];
          if (next) await actors.take(story, next);
        });
        if (restart?.when === 'during') await crash(restart);
        await Promise.all(taken);
        if (round === ROUNDS / 2) for (const { story, viewers } of cast) viewers.push(story.view());
      }
      await Promise.all(cast.map(({ actors }) => actors.finish()));
      for (const { story, actors, viewers } of cast) {
        const expected = actors.text();
        expect(await textOf(log, story.projectId)).toBe(expected);
        for (const { seen, ended } of viewers) {
          const failed = ended.then(() => undefined);
          const sees = until('the viewer sees it', () => textSeen(seen, REWRITE) === expected).catch(() => undefined);
          await Promise.race([failed, sees]);
          expect(textSeen(seen, REWRITE)).toBe(expected);
        }
      }
    } finally {
      for (const { story } of cast) story.close();
      await Promise.all(cast.flatMap(({ viewers }) => viewers.map(({ ended }) => ended)));
    }
  }

  async function crash({ data }: Restart): Promise<void> {
    await server.kill();
    await server.startAgain(data);
  }

  async function holds(actorsOf: (script: Script) => Actors): Promise<void> {
    const property = fc.asyncProperty(scripts, restarts, (all, plan) => play(actorsOf, all, plan));
    // A failure is shown as it was found: to make it smaller takes many restarts.
    await fc.assert(property, { numRuns: 12, endOnFailure: true });
  }

  test('viewers see in the end what the winning attempt wrote', async () => {
    await holds((script) => {
      let first: Attempt | undefined;
      let second: Attempt | undefined;
      return {
        take: async (story, { by, how }) => {
          first ??= new Attempt(log, story.writer(1), script.older);
          if (by === 0) return first.take(how);
          if (!second) {
            const held = script.continues ? await patiently(() => heldBy(story)) : { text: '' };
            second = new Attempt(log, story.writer(2), script.newer, held.text);
            story.lane = { status: 'processing', fence: 2 };
          }
          return second.take(how);
        },
        finish: async () => {
          await first?.finish();
          await second?.finish();
        },
        text: () => (second ?? first)?.text ?? '',
      };
    });
  });

  test("viewers see in the end what the winning attempt's writer was given", async () => {
    await holds((script) => {
      const writers: TextWriter[] = [];
      const finish: (() => Promise<void>)[] = [];
      const begin = async (story: WatchedStory, fence: number) => {
        const held = script.continues && fence === 2 ? await patiently(() => heldBy(story)) : { text: '' };
        const writer = new TextWriter({
          log,
          writer: story.writer(fence),
          ...(held.text !== '' && { continued: { text: held.text, how: 'prefill' as const } }),
          ...(fence === 2 && held.text === '' && { reason: 'retry' as const }),
        });
        story.lane = { status: 'processing', fence: Math.max(fence, story.lane.fence) };
        writers[fence - 1] = writer;
        finish[fence - 1] = () => settle(story, writer, fence);
        return writer;
      };
      const next = [script.older.values(), script.newer.values()];
      return {
        take: async (story, { by }) => {
          const writer = writers[by] ?? (await begin(story, by + 1));
          writer.write(next[by]?.next().value ?? '.');
        },
        finish: async () => {
          for (const end of finish) await end?.();
        },
        text: () => writers.at(-1)?.text ?? '',
      };
    });
  });

  async function heldBy(story: WatchedStory): Promise<{ readonly text: string }> {
    return (await log.lane(story.projectId, REWRITE)) ?? { text: '' };
  }

  /** As a lane is announced: only when the log has all of the text, which is sent again where it has not. */
  async function settle(story: WatchedStory, writer: TextWriter, fence: number): Promise<void> {
    for (;;) {
      if (!(await writer.flush(10_000)) && !writer.settled) break;
      const { projectId } = story;
      const done = {
        projectId,
        stage: 'rewrite',
        events: [NOTE],
        writer: story.writer(fence),
        needsBytes: Buffer.byteLength(writer.text),
      };
      const reply = await patiently(() => log.publish(done));
      if (reply.kind !== 'gap') break;
      writer.resend(reply.length);
    }
    writer.close();
  }
});
