/** A process with a path's viewers. Argument: the path's module. Services come as JSON in `BENCH_SERVICES`. */
import type { PathModule, Services, Stream } from './adapter';
import { serveParent } from './serve-parent';
import { Tally } from './tally';

interface Ask {
  readonly watch?: readonly Stream[];
  readonly latencies?: { readonly from: number; readonly to: number };
  readonly shown?: Readonly<Record<string, number>>;
  readonly memory?: true;
}

async function main(): Promise<void> {
  const path = (await import(process.argv[2] ?? '')) as PathModule;
  const reader = await path.openReader(JSON.parse(process.env['BENCH_SERVICES'] ?? '') as Services);
  const tally = new Tally();
  serveParent(
    { ready: true },
    async (ask: Ask) => {
      if (ask.watch) await reader.watch(ask.watch, tally);
      return {
        ...(ask.latencies && tally.latencies(ask.latencies.from, ask.latencies.to)),
        ...(ask.shown && {
          shown: Object.fromEntries(Object.entries(ask.shown).map(([label, n]) => [label, tally.shown(label, n)])),
        }),
        ...(ask.memory && memory(tally)),
      };
    },
    () => reader.close(),
  );
}

/** Bytes that the path itself really uses; the process is started with `--expose-gc`. */
function memory(tally: Tally): { heap: number } {
  tally.clear();
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external };
}

main().catch((error: unknown) => {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).stack })}\n`);
  process.exitCode = 1;
});
