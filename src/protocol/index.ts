/** The public names, and below them what only the processes of Storyreel exchange. */
export * from './public';
export {
  ADD_MESSAGE,
  BATCH_WORKFLOW,
  fairnessKeyOf,
  priorityOf,
  STORY_STATUS_MESSAGE,
  type AddRequest,
  type BatchActivities,
  type BatchedStatus,
  type BatchInput,
  type BatchItem,
  type BatchStatusView,
  type StoryStatusChange,
  type StoryState,
} from './batch-api';
export {
  activityIdOf,
  BATCH_ID,
  batchIdOfWorkflow,
  batchWorkflowIdOf,
  cursorOf,
  cursorParts,
  fenceOf,
  laneEntries,
  laneOfActivity,
  LOG_BEGINNING,
  millisecondsBetween,
  projectIdOfWorkflow,
  storyRunIdOf,
} from './ids';
export { FRAME_RULE, LANGUAGE_RULE } from './project-settings';
export {
  checkStages,
  isBuiltIn,
  joinPlans,
  LANE_KINDS,
  laneOfRole,
  PIPELINE,
  roleOf,
  stageOfRole,
  definesScenes,
  personCommands,
} from './stages';
export { STATUS_MARKS } from './status';
export { projectNotFound, unreachable } from './errors';
export { FIELD_RULES, type BrokenRule, type FieldError, type FieldRule } from './field-errors';
export {
  laneQueue,
  STORY_RUN_MEMO,
  STORY_WORKFLOW,
  type ResyncRequest,
  type ContinuedState,
  type CloseRequest,
  type CloseResult,
  type EndedStep,
  type HandedOver,
  type LaneAddress,
  type LaneResult,
  type LaneTask,
  type RunStatusRequest,
  type OpenedRun,
  type OpenRequest,
  type ParkRequest,
  type RejectedLanes,
  type SceneIds,
  type SkipRequest,
  type StopRequest,
  type StoryActivities,
  type StoryInput,
} from './workflow-api';
export { defined } from './defined';
export { isOpen } from './open-workflow';
export {
  boundedError,
  boundedIssues,
  boundedLine,
  shownValue,
  firstBytes,
  givenText,
  isBlank,
  storable,
  plainInMarkdown,
} from './outside-text';
export { spanIdOfRun, TRACE_HEADER, traceOfRun, withinRun, type RunTraces, type TraceCarrier } from './tracing';
export {
  GRACE_SECONDS,
  RECONCILE_WORKFLOW,
  reconcileScheduleOf,
  type MediaReport,
  type ProjectPosition,
  type ReconcileActivities,
  type ReconcileInput,
  type ReconcileReport,
  type RepairedProject,
  type RunsPage,
  type RunsReport,
  type UnrepairedProject,
} from './reconcile-api';
export { MEDIA_FOLDER, mediaKey, SHA256, sha256OfKey } from './media-key';
export { MAX_INTEGER } from './limits';
export { isScope } from './scopes';
