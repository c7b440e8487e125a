export { tryFfmpeg } from '../activities';
export { runWorker, type RunningWorker } from './run-worker';
export { workflowSources } from './workflow-sources';
