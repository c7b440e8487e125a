export {
  BrokenConnection,
  LostOrder,
  NotReady,
  NotSent,
  OtherOrder,
  ServerError,
  UndecodedMedia,
  UnusableMedia,
} from './errors';
export { failureKind } from './failure-kind';
export { useProxies } from './proxy-route';
export { imageTypeOf } from './image-kind';
export { linkSignals, type LinkedSignal } from './linked-signal';
export { sizeOption } from './frame-size';
export { OUR_ADAPTERS, type ProviderAdapter, type ProviderAdapters, type ProviderSettings } from './adapter';
export { OpenAiImage } from './openai-image';
export { OpenAiText } from './openai-text';
export { OpenAiVideo } from './openai-video';
export type {
  ChatMessage,
  ClipOrder,
  ImageProvider,
  ImageRequest,
  Media,
  ReceiveChunk,
  TakeBytes,
  TextChunk,
  TextProvider,
  TextRequest,
  VideoJob,
  VideoProvider,
  VideoRequest,
} from './ports';
export { isWithinAnswer } from './reported-error';
export { delayInHeaders, statedDelayMs } from './retry-hint';
export { SseParser } from './sse-parser';
