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
  type UsageTotals,
  type StoryPriority,
} from '../protocol';
export { serveMetrics, startTracing, StoryMetrics, type MetricsServer, type Tracing } from '../telemetry';
export type { CancelResult } from './cancel-run';
export type { EditableProject, EditableScene, EditedProject, EditOptions, ProjectChanges, TextEditView } from './edit';
export {
  reasonText,
  settingsText,
  type ExplainOptions,
  type LaneExplanation,
  type MakeReason,
  type ProjectExplanation,
} from './explain-project';
export { read as readInput } from './inputs';
export type { StartedRun } from './live-workflow';
export type { BatchedProject } from './batch-rows';
export type { BatchInputProject, BatchOptions, BatchView, StartedBatch } from './batches';
export type { NewProject } from './new-project';
export type { LaneStateView, ProjectView, StageView } from './project-view';
export { StoryClient, type ConnectOptions, type ProjectSummary } from './story-client';
export type { DeleteOptions } from './delete-project';
export type { StartOptions } from './start-run';
export type { WatchOptions } from './watch-project';
