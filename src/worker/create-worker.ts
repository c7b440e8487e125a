import { configOf, type Config, type Settings } from '../config';
import { createLogger, type Logger } from '../logger';
import { StoryreelError } from '../protocol';
import { runWorker, type RunningWorker, type WorkerExtras } from './run-worker';

/** What a worker takes from the program around it. */
export interface CreateWorkerOptions extends WorkerExtras {
  /** By the names of docs/configuration.md. Only the keys of providers are read from the environment. */
  readonly settings: Config | Settings;
  /** The default writes JSON lines to standard error. */
  readonly logger?: Logger;
}

/** A worker within another program; see `runWorker` for what it waits for and what it throws. */
export async function createWorker(options: CreateWorkerOptions): Promise<RunningWorker> {
  const { settings, logger, ...extras } = given(options);
  const config = configOf(settings);
  return runWorker(config, logger ?? createLogger(config.LOG_LEVEL, 'worker'), extras);
}

/** Programs without types give anything. Throws `Config.Invalid`. */
function given(options: CreateWorkerOptions): CreateWorkerOptions {
  const invalid = (why: string, cause?: unknown) =>
    new StoryreelError('Config.Invalid', `The options of the worker cannot be taken: ${why}.`, { cause });
  try {
    const copy = { ...options };
    const log = copy.logger && typeof copy.logger.info;
    if (copy.logger !== undefined && log !== 'function') throw invalid('"logger" must be a logger');
    return copy;
  } catch (error) {
    throw error instanceof StoryreelError ? error : invalid('one of them cannot be read', error);
  }
}
