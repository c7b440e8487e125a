/** A process with a path's producer. Argument: the path's module. Services come as JSON in `BENCH_SERVICES`. */
import type { PathModule, Services, Stream } from './adapter';
import { serveParent } from './serve-parent';

async function main(): Promise<void> {
  const path = (await import(process.argv[2] ?? '')) as PathModule;
  const producer = await path.openProducer(JSON.parse(process.env['BENCH_SERVICES'] ?? '') as Services);
  serveParent(
    { ready: true },
    async ({ run }: { run: Stream[] }) => {
      await producer.run(run);
      return { running: run.length };
    },
    () => producer.close(),
  );
}

main().catch((error: unknown) => {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).stack })}\n`);
  process.exitCode = 1;
});
