import { Misshapen, type Reader } from '../protocol/viewer';
import { readOptions, type HttpClientOptions } from './options';
import { failureOf, HttpFailure, notReached, unreadable } from './problem-error';

export interface Ask {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Is called if the answer is that of an earlier request. */
  readonly onRepeated?: (() => void) | undefined;
}

const NO_CONTENT = 204;

/** Sends requests to the gateway with the token's permissions. */
export class Connection {
  private token: string | undefined;
  private readonly base: string;

  private readonly options: HttpClientOptions;
  /** Ends every request and every watch. */
  readonly signal: AbortSignal | undefined;

  /** Throws `Config.Invalid`. */
  constructor(given: HttpClientOptions) {
    this.options = readOptions(given);
    const { url, token, signal } = this.options;
    this.signal = signal;
    this.base = url.replace(/\/+$/, '');
    if (typeof token === 'string') this.token = token;
  }

  address(path: string, query: Ask['query'] = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      given.map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    return this.base + path + (search === '' ? '' : `?${search}`);
  }

  /** The body of the answer, as the reader has it. Throws `HttpFailure`. */
  async json<T>(method: string, path: string, read: Reader<T>, ask: Ask = {}): Promise<T> {
    const answer = await this.ask(method, path, ask);
    if (answer.headers.get('idempotency-replayed') === 'true') ask.onRepeated?.();
    return readJson(await contentOf(answer), read, answer.status);
  }

  /** The body of an answer that is no JSON but of this type. Throws `HttpFailure`. */
  async text(path: string, type: string, ask: Ask = {}): Promise<string> {
    const answer = await this.ask('GET', path, ask);
    const body = await contentOf(answer);
    if (answer.headers.get('content-type')?.startsWith(type)) return body;
    throw unreadable(`it is not of the type ${type}`, answer.status);
  }

  /** Asks for what has no answer but that it is done. Throws `HttpFailure`. */
  async done(method: string, path: string, ask: Ask = {}): Promise<void> {
    const answer = await this.ask(method, path, ask);
    if (answer.status === NO_CONTENT) return;
    await answer.body?.cancel();
    throw unreadable(`its status is not ${NO_CONTENT}`, answer.status);
  }

  /** Resolves with any success. Throws `HttpFailure`. If the signal has ended the request, its reason is thrown. */
  async ask(method: string, path: string, ask: Ask = {}): Promise<Response> {
    this.token ??= await this.newToken(false);
    let answer = await this.send(method, path, ask);
    if (answer.status === 401 && typeof this.options.token === 'function') {
      await answer.body?.cancel();
      await this.renewToken();
      answer = await this.send(method, path, ask);
    }
    if (!answer.ok) throw await failureOf(answer);
    return answer;
  }

  /** The present one is refused, or is about to be. Resolves with whether there is another. */
  async renewToken(): Promise<boolean> {
    if (typeof this.options.token !== 'function') return false;
    const before = this.token;
    this.token = await this.newToken(true);
    return this.token !== undefined && this.token !== before;
  }

  private async newToken(isRefused: boolean): Promise<string | undefined> {
    const { token } = this.options;
    if (typeof token !== 'function') return token;
    try {
      return await token(isRefused);
    } catch (cause) {
      const message = 'The function that gives the token has failed; its error is the cause.';
      throw new HttpFailure('Request.Unauthenticated', message, 0, {}, { cause });
    }
  }

  private async send(method: string, path: string, { body, query, headers, signal }: Ask): Promise<Response> {
    const given = Object.entries(headers ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    );
    const ending = signal ?? this.signal;
    const ask = this.options.fetch ?? globalThis.fetch.bind(globalThis);
    // What is wrong with these is not the gateway's doing.
    const checked = new Headers({
      ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(Object.fromEntries(given) as Record<string, string>),
    });
    const init = {
      method,
      headers: Object.fromEntries(checked.entries()),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(ending && { signal: ending }),
    };
    const address = this.address(path, query);
    try {
      return await ask(address, init);
    } catch (cause) {
      if (!ending?.aborted) throw notReached(cause);
      throw new HttpFailure('Client.Closed', 'A signal has ended the request.', 0, {}, { cause });
    }
  }
}

function contentOf(answer: Response): Promise<string> {
  return answer.text().catch((cause: unknown) => Promise.reject(notReached(cause)));
}

/** The content of an answer. Throws `Response.Invalid` if it cannot be read. */
export function readJson<T>(body: string, read: Reader<T>, status: number): T {
  try {
    return read(JSON.parse(body));
  } catch (error) {
    throw unreadable(error instanceof Misshapen ? error.message : 'it is no JSON', status);
  }
}
