// First, so that a missing package is named before anything looks for it.
import './needed-packages';
export { tryFfmpeg } from '../activities';
export { consoleInto } from './console-lines';
export { readConfig, type Config, type Settings } from '../config';
export { createLogger, type Logger } from '../logger';
export { createWorker, type CreateWorkerOptions } from './create-worker';
export { runWorker, type RunningWorker, type WorkerExtras } from './run-worker';
export { workflowSources } from './workflow-sources';
