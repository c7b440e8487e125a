// First, so that a missing package is named before anything looks for it.
import './needed-packages';
export { tryFfmpeg } from '../activities';
export { consoleInto } from './console-lines';
export { readConfig, type Config } from '../config';
export { createLogger, type Logger } from '../logger';
export { runWorker, type RunningWorker } from './run-worker';
export { workflowSources } from './workflow-sources';
