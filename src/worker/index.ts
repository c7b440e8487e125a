export { tryFfmpeg } from '../activities';
export { consoleInto } from './console-lines';
export { runWorker, type RunningWorker } from './run-worker';
export { workflowSources } from './workflow-sources';
