/**
 * Of this folder's index, what the package's entry `storyreel/protocol` exports as well: what programs and pages need that
 * follow, show or steer films.
 */
export {
  compareCursors,
  isStageName,
  laneId,
  laneParts,
  parseBatchId,
  parseCursor,
  parseLaneId,
  parseProjectId,
  workflowIdOf,
  type BatchId,
  type Cursor,
  type LaneId,
  type LaneParts,
  type ProjectId,
  type StoryRunId,
} from './ids';
export {
  lanesOf,
  STAGES,
  type BuiltInStage,
  type LaneKind,
  type StageName,
  type StagePlan,
  type StageRole,
} from './stages';
export {
  MAX_BATCH_ID_LENGTH,
  MAX_IN_BATCH,
  MAX_LISTED,
  MAX_SCENES,
  MAX_STAGES,
  SCENE_BOUNDS,
  TEXT_BYTES,
} from './limits';
export { utf8Bytes } from './outside-text';
export { languageName, parseFrame, parseLanguage, sizeOfFrame } from './project-settings';
export { PRIORITIES, type StoryPriority } from './batch-api';
export { SCOPES, type Scope } from './scopes';
export {
  CAMERA_MOVEMENTS,
  CAMERA_SPEEDS,
  SHOT_TYPES,
  type CameraMove,
  type CameraSpeed,
  type ShotType,
} from './scene-words';
export {
  FINAL_STATUSES,
  isFinal,
  PROJECT_STATUSES,
  STATUSES,
  type FinalStatus,
  type LaneStatus,
  type LiveStatus,
  type ProjectStatus,
  type RunStatus,
} from './status';
export {
  isTerminal,
  type ContinuedBy,
  type EventBody,
  type EventError,
  type EventHead,
  type EventType,
  type FilmReference,
  type LaneSnapshot,
  type LogEvent,
  type ResetReason,
  type SceneAsset,
  type SceneFields,
  type SceneSnapshot,
  type SnapshotEvent,
  type StoryEvent,
  type UsageTotals,
} from './events';
export { StoryreelError } from './errors';
export { FAILURES, isFailureType, type Failure, type FailureType } from './failures';
export { SEARCH_ATTRIBUTES, STATUS_QUERY, type LaneView, type StoryStatusView } from './workflow-api';
export type {
  GateRequest,
  LaneRequest,
  MessageAnswer,
  RejectRequest,
  StoryMessage,
  StoryMessages,
} from './story-messages';
