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
export type { EditableProject, EditableScene, EditedProject, EditOptions, ProjectChanges, TextEditView } from './edit';
export type { CancelResult } from './cancel-run';
export {
  reasonText,
  type ExplainOptions,
  type LaneExplanation,
  type MakeReason,
  type ProjectExplanation,
} from './explain-project';
export type { StartedRun } from './live-workflow';
export type { NewProject } from './new-project';
export type { LaneStateView, ProjectView, StageView } from './project-view';
export { StoryClient, type ConnectOptions, type ProjectSummary, type StartOptions } from './story-client';
export type { WatchOptions } from './watch-project';
