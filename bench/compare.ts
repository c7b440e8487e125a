import type { Ground } from './harness/ground';
import { withPath } from './harness/opened';
import { measureRedisMemory } from './redis-memory';
import { crashRun, type CrashRun } from './parts/crash';
import { crowdRun, type CrowdRun } from './parts/crowd';
import { longTextRun, type LongTextRun } from './parts/long-text';
import { interleaved, medianRun, type SteadyRun } from './parts/steady';
import { bareLoop, storyreel, type Path } from './paths/path';
import { peerPaths } from './paths/peers';

export const PARTS = ['steady', 'long', 'crowd', 'crash', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface Comparison {
  readonly steady?: readonly SteadyRun[];
  readonly long?: readonly LongTextRun[];
  readonly crowd?: readonly CrowdRun[];
  readonly crash?: readonly CrashRun[];
  readonly memory?: Awaited<ReturnType<typeof measureRedisMemory>>;
  /** Paths that could not be measured under a load, and why. */
  readonly failed: readonly string[];
}

export interface CompareOptions {
  readonly parts: readonly Part[];
  readonly runs: number;
  readonly only: readonly string[];
  readonly say: (line: string) => void;
}

const LOADS = [1, 50, 200];
const SECONDS = 5;

/** Every path under every load, in the same run on the same machine. */
export async function compare(ground: Ground, { parts, runs, only, say }: CompareOptions): Promise<Comparison> {
  const all = [bareLoop, storyreel, ...peerPaths];
  const paths = all.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
  const failed: string[] = [];
  const each = async <T>(what: string, work: (path: Path) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    for (const path of paths) {
      try {
        const result = await work(path);
        say(`${what} ${path.name}: ${JSON.stringify(result)}`);
        results.push(result);
      } catch (error) {
        failed.push(`${what} ${path.name}: ${(error as Error).message}`);
        say(`FAILED ${failed.at(-1)}`);
      }
    }
    return results;
  };
  const has = (part: Part) => parts.includes(part);
  const steady: SteadyRun[] = [];
  if (has('steady')) {
    for (const streams of LOADS) {
      const measured = await interleaved(ground, paths, { streams, rate: 50, seconds: SECONDS }, runs, say);
      failed.push(...measured.failed);
      steady.push(...measured.runs.map(medianRun));
    }
  }
  return {
    ...(has('steady') && { steady }),
    ...(has('long') && {
      long: await each('long', (path) => withPath(ground, path, (open) => longTextRun(ground, path, open))),
    }),
    ...(has('crowd') && {
      crowd: await each('crowd', (path) =>
        withPath(ground, path, (open) => crowdRun(ground, path, open, { viewers: 100, storm: 200, seconds: SECONDS })),
      ),
    }),
    ...(has('crash') && {
      crash: await each('crash', (path) => withPath(ground, path, (open) => crashRun(ground, path, open, 20, 90_000))),
    }),
    ...(has('memory') && {
      memory: await measureRedisMemory(ground.services.redisUrl, { projects: 100, bytes: 60_000 }),
    }),
    failed,
  };
}
