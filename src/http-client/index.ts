export type { HttpClientOptions } from './options';
export { HttpFailure } from './problem-error';
export { StoryHttpClient } from './story-http-client';
export type { HttpWatchOptions } from './watch-story';
