export { announceSettings } from './announce-settings';
export { createLaneActivities, createReconcileActivities, createRunActivities } from './create-activities';
export type { ActivityDeps } from './deps';
export type { RunLookup, RunState } from './run-lookup';
export { StopSignals } from './stop-signal';
export { tryFfmpeg } from './try-ffmpeg';
