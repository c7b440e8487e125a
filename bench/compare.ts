import { Ground } from './harness/ground';
import { withPath } from './harness/opened';
import { measureRedisMemory, type MemoryFigures } from './redis-memory';
import { CANCELS, cancelRun, type CancelRun } from './parts/cancel';
import { crashRun, type CrashRun } from './parts/crash';
import { crowdRun, type CrowdRun } from './parts/crowd';
import { longTextRun, type LongTextRun } from './parts/long-text';
import { interleaved, medianRun, type SteadyRun } from './parts/steady';
import { bareLoop, storyreel, type Path } from './paths/path';
import { peerPaths } from './paths/peers';
import { pythonThreads } from './paths/python-path';

export const PARTS = ['steady', 'long', 'crowd', 'crash', 'cancel', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface Comparison {
  readonly steady: readonly SteadyRun[];
  readonly long: readonly LongTextRun[];
  readonly crowd: readonly CrowdRun[];
  readonly crash: readonly CrashRun[];
  /** Runs of the product alone. */
  readonly cancel: readonly CancelRun[];
  readonly memory?: MemoryFigures;
  /** The measurements that failed, and why; most loads were more than the path carries here. */
  readonly failed: readonly string[];
}

export interface CompareOptions {
  readonly parts: readonly Part[];
  readonly runs: number;
  /** Words, one of which a path's name must contain; an empty list selects every path. */
  readonly only: readonly string[];
  readonly note: (line: string) => void;
}

const LOADS = [1, 50, 200];
const RATE = 50;
const SECONDS = 5;
/** A path that is this late falls behind for good; it is not given a heavier load. */
const BEHIND_MS = 2_000;
const CRASH = { streams: 20, patienceMs: 60_000 };
const CRASH_OF_OTHERS = { streams: 5, patienceMs: 60_000 };

/** Every path under every load, one after the other on the same machine. */
export async function compare(ground: Ground, options: CompareOptions): Promise<Comparison> {
  const { parts, runs, only, note } = options;
  const chosen = ({ name }: Path) => only.length === 0 || only.some((word) => name.includes(word));
  const main = [bareLoop, storyreel].filter(chosen);
  const others = [pythonThreads, ...peerPaths].filter(chosen);
  const result = {
    steady: [] as SteadyRun[],
    long: [] as LongTextRun[],
    crowd: [] as CrowdRun[],
    crash: [] as CrashRun[],
    cancel: [] as CancelRun[],
  };
  const failed: string[] = [];
  const attempt = async <T>(what: string, path: Path, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      const measured = await work();
      note(`${what}, ${path.name}: ${JSON.stringify(measured)}`);
      return measured;
    } catch (error) {
      failed.push(`${what}, ${path.name}: ${firstLine(error)}`);
      note(`FAILED ${failed.at(-1)}`);
      return undefined;
    }
  };
  const has = (part: Part) => parts.includes(part);

  if (has('steady')) {
    for (const streams of LOADS) {
      const measured = await interleaved(ground, main, { streams, rate: RATE, seconds: SECONDS }, runs, note);
      failed.push(...measured.failed);
      result.steady.push(...measured.runs.map(medianRun));
    }
  }
  for (const path of main) {
    const open = <T>(work: Parameters<typeof withPath<T>>[2]) => withPath(ground, path, work);
    if (has('long')) push(result.long, await attempt('long', path, () => open((o) => longTextRun(ground, path, o))));
    if (has('crowd')) {
      const sizes = { viewers: 100, storm: 200, seconds: SECONDS };
      push(result.crowd, await attempt('crowd', path, () => open((o) => crowdRun(ground, path, o, sizes))));
    }
    if (has('crash')) {
      const { streams, patienceMs } = CRASH;
      const work = () => open((o) => crashRun(ground, path, o, streams, patienceMs));
      push(result.crash, await attempt('crash', path, work));
    }
  }
  for (const path of others) {
    // Services of its own: a path that falls behind continues its backlog long after its run.
    const fresh = <T>(work: (own: Ground) => Promise<T>) => withGround(work);
    if (has('steady')) {
      const climb = () => fresh((own) => climbed(own, path, note));
      result.steady.push(...((await attempt('steady', path, climb)) ?? []));
    }
    if (has('long') && path === pythonThreads) {
      const work = () => fresh((own) => withPath(own, path, (o) => longTextRun(own, path, o)));
      push(result.long, await attempt('long', path, work));
    }
    if (has('crash')) {
      const { streams, patienceMs } = CRASH_OF_OTHERS;
      const work = () => fresh((own) => withPath(own, path, (o) => crashRun(own, path, o, streams, patienceMs)));
      push(result.crash, await attempt('crash', path, work));
    }
  }
  for (const { load } of has('cancel') && main.includes(storyreel) ? CANCELS : []) {
    push(result.cancel, await attempt('cancel', storyreel, () => cancelRun(ground, load)));
  }
  const memory = has('memory')
    ? await measureRedisMemory(ground.services.redisUrl, { projects: 100, bytes: 60_000 })
    : undefined;
  return { ...result, ...(memory && { memory }), failed };
}

/** One run under each load, up to the first that the path does not carry. */
async function climbed(ground: Ground, path: Path, note: (line: string) => void): Promise<SteadyRun[]> {
  const carried: SteadyRun[] = [];
  for (const streams of LOADS) {
    const { runs, failed } = await interleaved(ground, [path], { streams, rate: RATE, seconds: SECONDS }, 1, note);
    const [run] = runs.flat();
    if (run) carried.push(run);
    if (!run || failed.length > 0 || run.lost > 0 || !(run.p99 < BEHIND_MS)) break;
  }
  return carried;
}

async function withGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = await Ground.open(() => undefined);
  try {
    return await work(ground);
  } finally {
    await ground.close();
  }
}

function push<T>(to: T[], value: T | undefined): void {
  if (value !== undefined) to.push(value);
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0] ?? '';
}
