import { configOf } from '../config';
import { createLogger } from '../logger';
import { startWorker, type RunningWorker } from './start-worker';
import { workerFailure } from './worker-failure';
import { readOptions, type CreateWorkerOptions } from './worker-options';

/**
 * Starts a worker in this process. It serves every task queue: one for workflows and a run's own steps, and one for each
 * kind of lane, with its own limit. The promise resolves when the worker takes work. Until the schema, the namespace,
 * Redis and the media folder are ready, the worker logs what it waits for.
 *
 * Throws `Service.Unreachable` if Temporal or Postgres cannot be reached. Throws `Config.Invalid` if an option, a
 * setting, a stage or an adapter is refused, or if METRICS_ADDRESS is taken. Throws `Worker.ShuttingDown` if `signal`
 * has ended the waiting.
 */
export async function createWorker(options: CreateWorkerOptions): Promise<RunningWorker> {
  const { settings, logger, ...extras } = readOptions(options);
  const config = configOf(settings);
  try {
    return await startWorker(config, logger ?? createLogger(config.LOG_LEVEL, 'worker'), extras);
  } catch (error) {
    throw workerFailure(error, extras.signal);
  }
}
