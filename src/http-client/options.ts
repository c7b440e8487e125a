import { isSignal } from '../protocol/viewer';
import { HttpFailure } from './problem-error';

/** Where the gateway is, and who asks. */
export interface HttpClientOptions {
  /** The gateway's URL, like `https://stories.example`; in a page of the gateway itself, an empty text. */
  readonly url: string;
  /**
   * An API key or a token, or a function that returns one. It is called again, with `true`, if the gateway has refused
   * the last one.
   */
  readonly token?: string | ((isRefused: boolean) => string | undefined | Promise<string | undefined>);
  /** Ends every request and every watch. */
  readonly signal?: AbortSignal;
  /** For needs that the platform's own `fetch` does not cover: proxies, client certificates. */
  readonly fetch?: (address: string, init: RequestInit) => Promise<Response>;
}

/** Throws `Config.Invalid` with the name of the option that is wrong. */
export function readOptions(given: HttpClientOptions): HttpClientOptions {
  const { url, token, signal, fetch } = unlessItThrows(() => ({ ...given }));
  if (typeof url !== 'string') throw invalid('"url" must be the address of the gateway, like https://stories.example');
  if (!['undefined', 'string', 'function'].includes(typeof token)) {
    throw invalid('"token" must be a text, or a function that returns one');
  }
  if (fetch !== undefined && typeof fetch !== 'function') throw invalid('"fetch" must be a function');
  if (signal !== undefined && !unlessItThrows(() => isSignal(signal))) throw invalid('"signal" must be an AbortSignal');
  return { url, ...(token !== undefined && { token }), ...(signal && { signal }), ...(fetch && { fetch }) };
}

function unlessItThrows<T>(look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw invalid('one of them cannot be read', cause);
  }
}

function invalid(why: string, cause?: unknown): HttpFailure {
  return new HttpFailure('Config.Invalid', `The options of the HTTP client cannot be taken: ${why}.`, 0, {}, { cause });
}
