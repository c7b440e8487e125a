import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from '../logger';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

let bridged = false;

/** Brings Temporal's own logs into ours. Its runtime exists once per process, so only the first call does anything. */
export function bridgeTemporalLogs(logger: Logger): void {
  if (bridged) return;
  bridged = true;
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...fields } = (meta ?? {}) as { error?: unknown };
      // An activity's failure was logged where it was classified; here only what kind it was.
      const kind = error instanceof Error ? { failure: error.name } : {};
      // A lane's queue has activities only, by design.
      if (message.startsWith('No workflows registered')) return;
      logger[LEVELS[level]]({ ...fields, ...kind }, message);
    }),
    // The embedding process decides what a signal means.
    shutdownSignals: [],
  });
}
