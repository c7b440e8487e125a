export { createLaneActivities, createRunActivities } from './create-activities';
export type { ActivityDeps } from './deps';
export { StopSignals } from './stop-signal';
