export { BrokenConnection, NotSent, ServerError, UnusableMedia } from './errors';
export { useProxies } from './proxy-route';
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
export { SseParser } from './sse-parser';
