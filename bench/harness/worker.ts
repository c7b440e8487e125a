/** `storyreel worker` as a process of the benchmark: the same code and settings, and a line when it is ready. */
import { readConfig } from '../../src/config';
import { createLogger } from '../../src/logger';
import { createWorker } from '../../src/worker';
import { serveParent } from './serve-parent';

async function main(): Promise<void> {
  const config = readConfig();
  const worker = await createWorker({ settings: config, logger: createLogger(config.LOG_LEVEL, 'bench-worker') });
  serveParent(
    { ready: true },
    () => Promise.resolve({}),
    () => worker.stop(),
  );
}

main().catch((error: unknown) => {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).stack })}\n`);
  process.exitCode = 1;
});
