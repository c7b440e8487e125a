export { announceSettings } from './runs/announce-settings';
export { createLaneActivities, createReconcileActivities, createRunActivities } from './create-activities';
export type { ActivityDeps } from './deps';
export type { RunLookup, RunState } from './runs/run-lookup';
export { StopSignals } from './lanes/stop-signal';
export { tryFfmpeg } from './film/try-ffmpeg';
