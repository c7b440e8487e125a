import type { FaultRule } from './faults';

/** The behaviour of a stand-in provider. Only `stateDir` is required. */
export interface StudioOptions {
  /** The folder of video jobs and files; a studio that is started again on the same folder continues them. */
  stateDir: string;
  /** TCP port on 127.0.0.1; 0, the default, takes a free one. */
  port?: number;
  /** The ffmpeg to run; `ffmpeg` on PATH when absent. */
  ffmpegPath?: string;
  /** Speed of a chat stream; 0, the default, is as fast as the client reads. */
  tokensPerSecond?: number;
  /** Wait before the first token of a chat answer, in milliseconds. */
  firstTokenDelayMs?: number;
  /** Time a video job spends before its clip is rendered, in milliseconds. */
  videoDelayMs?: number;
  /** Another seed gives other stories and other pictures. */
  seed?: number;
  /** When set, a request under another key is answered with 401. */
  apiKey?: string;
  /** Requests are refused as today's services refuse them: parameters that they do not know, or that the model does not take. */
  strict?: boolean;
  /** Misbehaviour that is planned from the start. */
  faults?: readonly FaultRule[];
}

/** The options with every default filled in. */
export type StudioSettings = Required<Omit<StudioOptions, 'apiKey' | 'faults'>> & { apiKey: string | undefined };

export function settingsFrom(options: StudioOptions): StudioSettings {
  return {
    stateDir: options.stateDir,
    port: options.port ?? 0,
    ffmpegPath: options.ffmpegPath ?? 'ffmpeg',
    tokensPerSecond: options.tokensPerSecond ?? 0,
    firstTokenDelayMs: options.firstTokenDelayMs ?? 0,
    videoDelayMs: options.videoDelayMs ?? 0,
    seed: options.seed ?? 1,
    strict: options.strict ?? false,
    apiKey: options.apiKey,
  };
}
