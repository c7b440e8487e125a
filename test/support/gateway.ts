import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { readConfig } from '../../src/config';
import { runGateway, type RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { mustBeAsStated } from './answers-match';
import { loggerThatCounts } from './sdk-warnings';
import { createOwnDatabase, type OwnDatabase } from './own-database';
import { fromSetup, startApp, testEnv, type TestApp } from './services';

/** A gateway in this process, on a port of its own. */
export async function startGateway(
  env: Readonly<Record<string, string>>,
  address = '127.0.0.1:0',
): Promise<RunningGateway> {
  const config = readConfig({ ...env, GATEWAY_ADDRESS: address });
  return runGateway(config, loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')));
}

/** A gateway with what it needs, in this process. */
export interface GatewayApp {
  readonly database: OwnDatabase;
  readonly env: Record<string, string>;
  readonly app: TestApp;
  readonly gateway: RunningGateway;
  readonly close: () => Promise<void>;
}

/** A database of the suite's own, a worker, a client and a gateway. */
export async function startGatewayApp(overrides: Readonly<Record<string, string>> = {}): Promise<GatewayApp> {
  const database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url, ...overrides });
  const app = await startApp(env);
  const gateway = await startGateway(env);
  const close = async () => {
    await gateway.stop();
    await app.close();
    await database.drop();
  };
  return { database, env, app, gateway, close };
}

/** Whatever it is. */
type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What a test looks into is checked by the test itself.
  readonly body: Json;
}

/** A program in any language, as far as HTTP goes. */
export class HttpUser {
  constructor(
    readonly url: string,
    readonly key?: string,
    /** False for a server of a test's own, which has no OpenAPI document. */
    private readonly isGateway = true,
  ) {}

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type');
    if (this.isGateway) await mustBeAsStated(this.url, { method, path, status: answer.status, type, text });
    const isJson = /json/.test(type ?? '');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }
}

/** A key of an owner whom no other test has. */
export async function ownKey({ client }: Pick<TestApp, 'client'>, scopes?: readonly ('read' | 'write' | 'run')[]) {
  const owner = `owner-${randomUUID()}`;
  const key = await client.keys.create({ name: 'test', owner, ...(scopes && { scopes }) });
  return { owner, ...key };
}

export interface SseMessage {
  readonly id?: string;
  readonly event: Json;
}

/** The whole messages of a stream, as the standard says; comments and `retry` are left out. */
export class SseReader {
  readonly seen: SseMessage[] = [];
  lastId: string | undefined;
  status = 0;
  headers = new Headers();
  private readonly leaving = new AbortController();

  constructor(
    private readonly user: HttpUser,
    private readonly projectId: ProjectId,
    private readonly query = '',
  ) {}

  /** Reads until the stream ends or `enough`; resolves with how it ended. */
  async read(
    enough: (message: SseMessage) => boolean = () => false,
    { url, key }: HttpUser = this.user,
  ): Promise<'ended' | 'left' | 'cut'> {
    const answer = await fetch(`${url}/v1/projects/${this.projectId}/events${this.query}`, {
      signal: this.leaving.signal,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(this.lastId !== undefined && { 'last-event-id': this.lastId }),
      },
    });
    this.status = answer.status;
    this.headers = answer.headers;
    if (answer.status !== 200 || !answer.body) return 'ended';
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
        rest += decoder.decode(bytes, { stream: true });
        const whole = rest.split('\n\n');
        rest = whole.pop() ?? '';
        for (const block of whole) {
          const message = this.take(block);
          if (message && enough(message)) return 'left';
        }
      }
    } catch {
      return this.leaving.signal.aborted ? 'left' : 'cut';
    } finally {
      if (!this.leaving.signal.aborted) await answer.body.cancel().catch(() => undefined);
    }
    return 'ended';
  }

  leave(): void {
    this.leaving.abort();
  }

  private take(block: string): SseMessage | undefined {
    const message = sseMessage(block);
    if (!message) return undefined;
    if (message.id !== undefined) this.lastId = message.id;
    this.seen.push(message);
    return message;
  }
}

/** A block between two empty lines of a stream; undefined if it has no data. */
export function sseMessage(block: string): SseMessage | undefined {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [data, id] = [field('data'), field('id')];
  return data === undefined ? undefined : { ...(id !== undefined && { id }), event: JSON.parse(data) };
}

/** A lane's text by the rules of docs/http.md, which need no memory but the text itself. */
export function textOver(messages: readonly SseMessage[], lane: string): Buffer {
  let text = Buffer.alloc(0);
  for (const { event } of messages) {
    if (event.type === 'snapshot') text = Buffer.from(event.lanes[lane]?.text ?? '');
    else if (event.lane !== lane) continue;
    else if (event.type === 'reset') text = Buffer.alloc(0);
    else if (event.type === 'resumed') text = text.subarray(0, Number(event.offset));
    else if (event.type === 'token') {
      if (event.offset > text.length) throw new Error(`a gap: ${text.length} bytes, and a token at ${event.offset}`);
      text = Buffer.concat([text.subarray(0, Number(event.offset)), Buffer.from(event.content)]);
    }
  }
  return text;
}

const cli = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');

/** A gateway as operators run it: the built command in a process of its own, which a test may kill. */
export class GatewayProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(env: Readonly<Record<string, string>>, address = '127.0.0.1:0'): Promise<GatewayProcess> {
    const child = spawn(process.execPath, [cli, 'gateway'], {
      env: { PATH: process.env['PATH'], ...env, GATEWAY_ADDRESS: address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString('utf8')));
    const url = await new Promise<string>((ready, fail) => {
      createInterface({ input: child.stdout }).once('line', ready);
      child.once('exit', (code) => fail(new Error(`the gateway ended (${code}) before it was ready: ${said}`)));
    });
    return new GatewayProcess(child, url);
  }

  /** Gives the exit code; null where a signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }
}

/** Of operations whose body must have something in it, by the end of their address. */
export const BODIES: Readonly<Record<string, unknown>> = {
  projects: { topic: 'x' },
  keys: { name: 'x' },
  retry: { lane: 'rewrite' },
  skip: { lane: 'rewrite' },
  'cancel-lane': { lane: 'rewrite' },
  approve: { gate: 'storyboard' },
  reject: { gate: 'storyboard', reason: 'x' },
  budget: { amount: 1 },
  batches: { projects: [{ topic: 'x' }], stages: ['rewrite'] },
};
