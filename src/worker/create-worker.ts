import { configOf, type Config, type Settings } from '../config';
import { createLogger, type Logger } from '../logger';
import { runWorker, type RunningWorker, type WorkerExtras } from './run-worker';

export interface CreateWorkerOptions extends WorkerExtras {
  /** By the names of docs/configuration.md. Only the keys of providers are read from the environment. */
  readonly settings: Config | Settings;
  /** The default writes JSON lines to standard error. */
  readonly logger?: Logger;
}

/** A worker within another program; see `runWorker` for what it waits for and what it throws. */
export async function createWorker({ settings, logger, ...extras }: CreateWorkerOptions): Promise<RunningWorker> {
  const config = configOf(settings);
  return runWorker(config, logger ?? createLogger(config.LOG_LEVEL, 'worker'), extras);
}
