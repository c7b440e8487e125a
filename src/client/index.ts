export { readConfig, type Config } from '../config';
export {
  parseCursor,
  parseProjectId,
  StoryreelError,
  type Cursor,
  type FailureType,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
  type UsageTotals,
} from '../protocol';
export { serveMetrics, startTracing, StoryMetrics, type MetricsServer, type Tracing } from '../telemetry';
export type { LaneStateView, ProjectView, StageView } from './project-view';
export {
  StoryClient,
  type ConnectOptions,
  type NewProject,
  type ProjectSummary,
  type StartedRun,
  type StartOptions,
} from './story-client';
export type { WatchOptions } from './watch-project';
