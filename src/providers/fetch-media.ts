import OpenAI from 'openai';
import { urlOf } from '../address';
import { StoryreelError } from '../protocol';
import { BrokenConnection, NotReady, NotSent } from './errors';
import { httpFetch } from './http-fetch';
import { linkSignals } from './linked-signal';
import { literalAddress, isPrivateAddress, mustNotBeAsked, publicLookup } from './media-address';

const MAX_REDIRECTS = 5;
const HEAD_MS = 60_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The origins from which a provider's files may come. */
export interface MediaSource {
  /** The provider's own origin, which is always allowed. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The header in which the provider expects its key, if that is not the usual one. */
  readonly keyHeader?: string;
  /** The end of the names of its hosts, if it has jobs at other hosts than its own, which expect the key. */
  readonly keyDomain?: string;
  /** Whether a host with a private address may be asked. */
  readonly mayAsk?: ((host: string) => boolean) | undefined;
}

export interface Opening {
  readonly withKey?: boolean;
  /** The part of the file, as the header names it. */
  readonly range?: string | undefined;
}

/**
 * Fetches a file from an address that a provider gave, or that one of its answers leads to. The provider's key is sent
 * to its own origin, or the domain of its jobs, only if required, and never after a redirect. A private address is refused in each step.
 *
 * Resolves with a good response whose body is unread, and ends with `signal`, which must belong to this call alone.
 * Throws the errors of the `openai` package for a response that is not good, and `Media.Forbidden` for a refused
 * address.
 */
export async function openMedia(
  source: MediaSource,
  address: string,
  signal: AbortSignal,
  { withKey = false, range }: Opening = {},
): Promise<Response> {
  const own = urlOf(source.baseUrl);
  let url = fileUrl(address, own);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const isOwn = url.origin === own.origin;
    const opening = { withKey: withKey && (isOwn || isOfDomain(source, own, url)) && hops === 0, range };
    let response = await ask(source, url, signal, isOwn, opening);
    // Some servers give their files in parts alone.
    if (response.status === 416 && range === undefined)
      response = await ask(source, url, signal, isOwn, { ...opening, range: 'bytes=0-' });
    const next = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || next === null) return goodOf(response, isOwn || opening.withKey);
    url = fileUrl(next, url);
  }
  throw new StoryreelError('Media.Forbidden', `The address of the provider's file led to others without an end.`);
}

/**
 * As `openMedia`, for an address that a provider gave: without the key, and with it if the provider's own origin asks for
 * it. Throws `NotReady` if it is refused in either way: mostly the address has run out.
 */
export async function openGiven(
  source: MediaSource,
  address: string,
  signal: AbortSignal,
  range?: string,
): Promise<Response> {
  try {
    return await openMedia(source, address, signal, { range });
  } catch (error) {
    if (!isKeyless(error)) throw error;
    return openMedia(source, address, signal, { range, withKey: true }).catch((again: unknown) => {
      throw isKeyless(again) ? new NotReady(`the address of its file answered ${again.status}`, true) : again;
    });
  }
}

function isKeyless(error: unknown): error is InstanceType<typeof OpenAI.APIError> {
  return error instanceof OpenAI.APIError && [401, 403].includes(error.status as number);
}

async function ask(
  source: MediaSource,
  url: URL,
  signal: AbortSignal,
  isOwn: boolean,
  { withKey, range }: Opening,
): Promise<Response> {
  const isAllowed = isOwn || source.mayAsk?.(url.host) === true || source.mayAsk?.(url.hostname) === true;
  const literal = literalAddress(url);
  if (!isAllowed && literal !== undefined && isPrivateAddress(literal)) throw mustNotBeAsked(url.host);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), HEAD_MS);
  const linked = linkSignals(signal, patience.signal);
  try {
    return await httpFetch(url, {
      signal: linked.signal,
      headers: { accept: '*/*', ...(withKey && keyHeaders(source)), ...(range !== undefined && { range }) },
      ...(!isAllowed && { lookup: publicLookup }),
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (patience.signal.aborted) throw new BrokenConnection('ETIMEDOUT', { cause: error });
    if (error instanceof NotSent && error.cause instanceof StoryreelError) throw error.cause;
    if (error instanceof NotSent) throw new OpenAI.APIConnectionError({ cause: error });
    throw new BrokenConnection((error as NodeJS.ErrnoException).code ?? 'closed', { cause: error });
  } finally {
    // The link stays: an abort must end the body, too. It goes with the signal, which is that of this one call.
    clearTimeout(timer);
  }
}

/** The key is that of the base URL: if a gateway is there, the domain has nothing to do with it. */
function isOfDomain({ keyDomain }: MediaSource, own: URL, url: URL): boolean {
  if (keyDomain === undefined || url.protocol !== own.protocol) return false;
  return [own, url].every(({ hostname }) => hostname.endsWith(keyDomain));
}

export function keyHeaders({ apiKey, keyHeader }: Pick<MediaSource, 'apiKey' | 'keyHeader'>): Record<string, string> {
  return keyHeader === undefined ? { authorization: `Bearer ${apiKey}` } : { [keyHeader]: apiKey };
}

/** Only HTTP, and without a name and password, which would be another one's. */
function fileUrl(address: string, base: URL): URL {
  const url = parsed(address, base);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new StoryreelError('Media.Forbidden', 'The provider gave something as the address of its file that is none.');
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** The whole address, if it is at the provider's own origin. */
export function ownAddress({ baseUrl }: Pick<MediaSource, 'baseUrl'>, address: string): string | undefined {
  const own = urlOf(baseUrl);
  const url = parsed(address, own);
  return url?.origin === own.origin ? url.href : undefined;
}

function parsed(address: string, base: URL): URL | undefined {
  try {
    return urlOf(address, base);
  } catch {
    return undefined;
  }
}

async function goodOf(response: Response, isOwn: boolean): Promise<Response> {
  if (response.ok) return response;
  const { status } = response;
  // Another server knows nothing of our key: what it refuses has run out, or is not there yet.
  if (!isOwn && status < 500 && status !== 429) throw new NotReady(`the address of its file answered ${status}`, true);
  const text = response.body === null ? '' : await response.text();
  throw OpenAI.APIError.generate(response.status, bodyOf(text), text.slice(0, 200), response.headers);
}

function bodyOf(text: string): object | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}
