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
export { SCOPES, type ApiKeys, type ApiKeyView, type NewApiKey, type Scope } from './api-keys';
export type { CancelResult } from './cancel-run';
export {
  CHANGES,
  type EditableProject,
  type EditableScene,
  type EditedProject,
  type EditOptions,
  type ProjectChanges,
  type TextEditView,
} from './edit';
export {
  reasonText,
  settingsText,
  type ExplainOptions,
  type LaneExplanation,
  type MakeReason,
  type ProjectExplanation,
} from './explain-project';
export { INPUTS, read as readInput, type Given, type Read } from './inputs';
export type { StartedRun } from './live-workflow';
export type { BatchedProject } from './batch-rows';
export type { BatchInputProject, BatchOptions, BatchView, StartedBatch } from './batches';
export type { NewProject } from './new-project';
export type { LaneStateView, ProjectView, StageView } from './project-view';
export type { CreateOptions } from './create-project';
export type { ListFilter, ProjectPage, ProjectSummary } from './list-projects';
export type { Caption, ProjectMedia } from './project-files';
export { StoryClient, type ConnectOptions } from './story-client';
export type { DeleteOptions } from './delete-project';
export type { StartOptions } from './start-run';
export type { WatchOptions } from './watch-project';
