// First, so that a missing package is named before anything looks for it.
import './needed-packages';
export { tryFfmpeg } from '../activities';
export { consoleInto } from './console-lines';
export { readConfig, type Config, type Settings } from '../config';
export { createLogger, type Logger } from '../logger';
export { StoryreelError, type FailureType, type StageName } from '../protocol';
export {
  BrokenConnection,
  LostOrder,
  NotReady,
  NotSent,
  OtherOrder,
  ServerError,
  UnusableMedia,
  type ChatMessage,
  type ClipOrder,
  type ImageProvider,
  type ImageRequest,
  type Media,
  type ProviderAdapter,
  type ProviderAdapters,
  type ProviderSettings,
  type ReceiveChunk,
  type TakeBytes,
  type TextChunk,
  type TextProvider,
  type TextRequest,
  type VideoJob,
  type VideoProvider,
  type VideoRequest,
} from '../providers';
export {
  resultOf,
  UnusableOutput,
  type ClipSource,
  type ImageStage,
  type JsonSchema,
  type OutsideStage,
  type PromptText,
  type SettledImage,
  type SettledText,
  type Settlement,
  type StageContext,
  type StoredResult,
  type TextChecks,
  type TextStage,
  type VideoStage,
} from '../stages';
export type { HostActivities } from './host-activities';
export { createWorker } from './create-worker';
export type { RunningWorker } from './start-worker';
export type { CreateWorkerOptions } from './worker-options';
export { workflowSources } from './workflow-sources';
