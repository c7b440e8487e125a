export { readConfig, type Config, type Settings } from '../config';
export {
  parseCursor,
  parseProjectId,
  SCOPES,
  StoryreelError,
  type BatchId,
  type Cursor,
  type FailureType,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type Scope,
  type SnapshotEvent,
  type StoryEvent,
  type UsageTotals,
  type StoryPriority,
} from '../protocol';
export { serveMetrics, startTracing, StoryMetrics, type MetricsServer, type Tracing } from '../telemetry';
export type { AuditSubject } from './access/acting';
export type { Audit, AuditFilter, AuditPage, NewAuditEntry } from './access/audit';
export type { ViewTokens, ViewTokenView } from './access/view-tokens';
export type { ListedSession, Sessions, SessionView } from './access/sessions';
export type { ApiKeys, ApiKeyView, NewApiKey } from './access/api-keys';
export type { CancelResult } from './runs/cancel-run';
export {
  type EditableProject,
  type EditableScene,
  type EditedProject,
  type EditOptions,
  type TextEditView,
} from './edit';
export type { LaneExplanation, MakeReason } from './projects/explain-lanes';
export type { ExplainEditOptions, ExplainOptions, ProjectExplanation } from './projects/explain-project';
export type { ProjectChanges } from './inputs';
export type { LaneWait, RunWaits, WorkerWait } from './runs/run-waits';
export type { StartedRun } from './runs/live-workflow';
export type { BatchedProject } from './batch/batch-rows';
export type { BatchInputProject, BatchOptions, BatchView, StartedBatch } from './batch/batches';
export type { BatchFilter, BatchPage, BatchSummary } from './batch/list-batches';
export type { NewProject } from './projects/new-project';
export type { LaneStateView, ProjectView, StageView } from './projects/project-view';
export type { CreateOptions } from './projects/create-project';
export type { ListFilter, ProjectPage, ProjectSummary } from './projects/list-projects';
export type { PaidCall } from './projects/paid-calls';
export type { ReviewFilter, ReviewItem, ReviewPage } from './projects/review-queue';
export type { FilmEstimate, ProviderView } from '../planning';
export type { EstimateInput } from './overview';
export type { ProjectDigest } from './projects/project-digest';
export type { Caption, ProjectMedia } from './projects/project-files';
export type { Outcome, OutcomeFilter, OutcomeOptions, OutcomePage } from './outcomes';
export type { ConnectOptions } from './connect-options';
export type { PostgresDataSource, PostgresPool } from '../entities';
export type { RedisConnection } from '../stream';
export { StoryClient } from './story-client';
export type { ServiceReach } from './reach';
export type { DeleteOptions } from './projects/delete-project';
export type { StartOptions } from './runs/start-run';
export type { EventFilter, EventPage, EventPages } from './watch/event-pages';
export type { StoryWatch, WatchOptions } from './watch/watch-project';
