export { BrokenConnection, NotSent, ServerError, UnusableMedia } from './errors';
export { failureKind } from './failure-kind';
export { linkSignals } from './linked-signal';
export { OpenAiImage } from './openai-image';
export { OpenAiText } from './openai-text';
export { OpenAiVideo } from './openai-video';
export type {
  ChatMessage,
  ImageProvider,
  Media,
  TakeBytes,
  TextChunk,
  TextProvider,
  TextRequest,
  VideoJob,
  VideoProvider,
} from './ports';
export { isWithinAnswer } from './said-error';
export { SseParser } from './sse-parser';
