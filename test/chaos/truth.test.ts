import fc from 'fast-check';
import type { ProjectId } from '../../src/protocol';
import { RedisServers } from '../support/redis-servers';
import { ownTopic } from '../support/stories';
import { SEED } from './dice';
import { differences, overspent } from './truth/checks';
import { drive, play, type Played } from './truth/play';
import { sequences, type Sequence } from './truth/steps';
import { Viewer } from './truth/viewer';
import { World } from './truth/world';

/**
 * CHAOS_SEQUENCES sequences of the seed, so many at once; CHAOS_ONLY plays one of them again, and prints what it did:
 * CHAOS_SEED=51 CHAOS_ONLY=3 npx jest -c jest.chaos.config.js truth
 */
const RUNS = Number(process.env['CHAOS_SEQUENCES'] ?? 6);
const ONLY = process.env['CHAOS_ONLY'];
const AT_ONCE = 3;
const VIEWER_MS = 30_000;

describe('Whatever is done to a project, and whatever breaks', () => {
  const servers = RedisServers.open();
  afterAll(() => servers.close());

  test(
    'Temporal, Postgres, the log and the bill state the same in the end',
    async () => {
      const all = fc.sample(sequences, { numRuns: RUNS, seed: SEED }).map((sequence, index) => ({ sequence, index }));
      const left = all.filter(({ index }) => ONLY === undefined || index === Number(ONLY));
      const wrong: string[] = [];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let next = left.shift(); next; next = left.shift()) {
            const found = await truthOf(servers, next.sequence);
            const name = `seed ${SEED}, sequence ${next.index}`;
            if (found.wrong.length > 0)
              wrong.push([name, ...found.done, ...found.wrong.map((what) => `✗ ${what}`)].join('\n'));
            if (ONLY !== undefined) process.stderr.write(`${[name, ...found.done, ...found.wrong].join('\n  ')}\n`);
          }
        }),
      );
      expect(wrong.join('\n\n')).toBe('');
    },
    RUNS * 180_000,
  );
});

async function truthOf(servers: RedisServers, sequence: Sequence): Promise<{ done: string[]; wrong: string[] }> {
  const world = await World.open(servers, sequence.prefill);
  const { budget } = sequence;
  const projectId: ProjectId = await world.client.create({
    topic: ownTopic().topic,
    settings: { scenes: 2 },
    ...(budget !== undefined && { budget }),
  });
  const played: Played = {
    projectId,
    runs: new Set(),
    done: [projectId],
    forced: 0,
    terminated: 0,
    edits: 0,
    lostRedis: false,
    lostEnd: false,
  };
  const viewer = new Viewer(world.client, projectId);
  try {
    await play(world, played, viewer, sequence);
    const over = budget === undefined ? [] : await overspent(world, played, budget);
    if (budget !== undefined) await world.client.setBudget(projectId);
    played.done.push(`then ${sequence.ending}`);
    await drive(world, played, viewer, sequence.ending);
    await within(VIEWER_MS, 'the viewer', viewer.end());
    return { done: played.done, wrong: [...over, ...(await differences(world, played)), ...viewer.complaints()] };
  } catch (error) {
    return { done: played.done, wrong: [String((error as Error).stack)] };
  } finally {
    await world.close();
  }
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not ended within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
