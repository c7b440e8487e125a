import type { Command } from 'commander';
import type { Cli } from '../cli';
import { loaded } from '../loaded';
import { loadWorker } from '../load-worker';

const HELP = `
On SIGTERM or Ctrl-C it takes no more work and gives what runs SHUTDOWN_GRACE_MS to end; another worker continues the
rest. A second signal ends it at once. Logs are JSON lines on standard error, or lines for people
where LOG_FORMAT is pretty.

It begins when the database's schema, the Temporal namespace, Redis and MEDIA_DIR are as it needs them, and logs until then what
it waits for.

Example:
  TEMPORAL_ADDRESS=temporal:7233 storyreel worker`;

export function addWorker(program: Command, cli: Cli): void {
  program
    .command('worker')
    .summary('do the work')
    .description('Does the work of all stages until it is stopped.')
    .addHelpText('after', HELP)
    .action(async () => {
      const config = cli.config();
      const { consoleInto, createWorker } = await loadWorker();
      const interrupted = cli.interrupted();
      const to = config.LOG_FORMAT === 'pretty' ? await loaded.prettyLines.prettyLines() : undefined;
      const logger = loaded.logger.createLogger(config.LOG_LEVEL, 'worker', to);
      consoleInto(logger);
      const worker = await createWorker({ settings: config, logger, signal: interrupted }).catch((error: unknown) => {
        // The worker was stopped while it waited for its services.
        if (interrupted.aborted) return undefined;
        throw error;
      });
      if (!worker) return;
      const stop = () => void worker.stop().catch(() => undefined);
      if (interrupted.aborted) stop();
      interrupted.addEventListener('abort', stop, { once: true });
      await worker.finished;
    });
}
