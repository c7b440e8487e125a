export { readConfig, type Config } from '../config';
export {
  parseCursor,
  parseProjectId,
  StoryreelError,
  type BatchId,
  type Cursor,
  type FailureType,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
  type StoryPriority,
} from '../protocol';
export { serveMetrics, startTracing, StoryMetrics, type MetricsServer, type Tracing } from '../telemetry';
export type { LaneStateView, ProjectView, StageView, UsageView } from './project-view';
export {
  StoryClient,
  type ConnectOptions,
  type ProjectSummary,
  type StartedRun,
  type StartOptions,
} from './story-client';
export type { BatchedProject } from './batch-rows';
export type { BatchInputProject, BatchOptions, BatchView, StartedBatch } from './batches';
export type { NewProject } from './new-project';
export type { WatchOptions } from './watch-project';
