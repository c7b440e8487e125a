import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { classify, toApplicationFailure } from '../../src/activities/lanes/stage-failure';
import { createDataSource } from '../../src/entities';
import { StoryreelError } from '../../src/protocol';
import { OpenAiText, BrokenConnection, ServerError } from '../../src/providers';
import { UnusableOutput } from '../../src/stages';
import { fromSetup } from '../support/services';
import { until } from '../support/until';

/** The error that the package makes of an answer with this status. */
function answered(status: number | undefined, error: object = {}, headers: Record<string, string> = {}) {
  return OpenAI.APIError.generate(status, { error }, undefined, new Headers(headers));
}

/** `type, retryable` or `type, final`, as a test reads it. */
function verdict(error: unknown): string {
  const { type, retryable } = classify(error);
  return `${type}, ${retryable ? 'retryable' : 'final'}`;
}

async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );
}

describe('A failure', () => {
  test.each<[what: string, error: unknown, verdict: string]>([
    ['400', answered(400), 'Provider.BadRequest, final'],
    ['401', answered(401), 'Provider.Unauthorized, final'],
    ['403', answered(403), 'Provider.Unauthorized, final'],
    ['404', answered(404), 'Provider.NotFound, final'],
    ['408', answered(408), 'Provider.Unavailable, retryable'],
    ['409', answered(409), 'Provider.Unavailable, retryable'],
    ['422', answered(422), 'Provider.BadRequest, final'],
    ['429', answered(429), 'Provider.RateLimited, retryable'],
    ['429 insufficient_quota', answered(429, { code: 'insufficient_quota' }), 'Provider.QuotaExhausted, final'],
    [
      '402',
      answered(402, { message: 'Insufficient Balance', type: 'unknown_error' }),
      'Provider.QuotaExhausted, final',
    ],
    ['403 of an empty account', answered(403, { code: 'insufficient_user_quota' }), 'Provider.QuotaExhausted, final'],
    ['429 by its type', answered(429, { type: 'insufficient_quota', code: null }), 'Provider.QuotaExhausted, final'],
    [
      '429 of Gemini, which calls the requests of a minute a quota',
      answered(429, {
        code: 429,
        message: 'You exceeded your current quota, please check your plan and billing details. Please retry in 34.4s.',
        status: 'RESOURCE_EXHAUSTED',
      }),
      'Provider.RateLimited, retryable',
    ],
    [
      '429 of Gemini without a time',
      answered(429, { message: 'You exceeded your current quota', type: 'RESOURCE_EXHAUSTED' }),
      'Provider.RateLimited, retryable',
    ],
    [
      '429 of an empty account',
      answered(429, { message: 'You exceeded your current quota' }),
      'Provider.QuotaExhausted, final',
    ],
    ['400 by moderation', answered(400, { code: 'moderation_blocked' }), 'Provider.Refused, final'],
    ['403 by moderation', answered(403, { code: 'content_policy_violation' }), 'Provider.Refused, final'],
    ['451', answered(451), 'Provider.Refused, final'],
    ['500', answered(500), 'Provider.Unavailable, retryable'],
    ['503', answered(503), 'Provider.Unavailable, retryable'],
    ['no status', answered(undefined), 'Provider.Unavailable, retryable'],
    ['no answer in time', new OpenAI.APIConnectionTimeoutError(), 'Provider.Unavailable, retryable'],
    ['an error in mid-stream', new ServerError('overloaded'), 'Provider.Unavailable, retryable'],
    ['a connection that breaks in mid-stream', new BrokenConnection('ECONNRESET'), 'Stream.Cut, retryable'],
    ['something that is not JSON', new SyntaxError('x'), 'Stream.Cut, retryable'],
    ['an unusable answer', new UnusableOutput(['no scenes']), 'Output.Unusable, final'],
    ['a stall', new StoryreelError('Stream.Stalled', 'silent'), 'Stream.Stalled, retryable'],
    ['a full disk', new StoryreelError('Media.Unavailable', 'ENOSPC'), 'Media.Unavailable, retryable'],
    ['a newer attempt', new StoryreelError('Lane.Stale', 'newer'), 'Lane.Stale, final'],
    ['a mistake of ours', new TypeError('x is not a function'), 'Internal, retryable'],
    ['what is no error at all', 'a text', 'Internal, retryable'],
    ['nothing', undefined, 'Internal, retryable'],
  ])('%s', (_what, error, expected) => {
    expect(verdict(error)).toBe(expected);
  });

  test.each<[what: string, headers: Record<string, string>, ms: number | undefined]>([
    ['no header', {}, undefined],
    ['retry-after-ms', { 'retry-after-ms': '1500' }, 1_500],
    ['retry-after in seconds', { 'retry-after': '7' }, 7_000],
    ['a part of a second', { 'retry-after': '0.25' }, 250],
    ['retry-after-ms before retry-after', { 'retry-after-ms': '1500', 'retry-after': '60' }, 1_500],
    ['no time at all, raised to the least', { 'retry-after': '0' }, 100],
    ['a date that has passed, raised to the least', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 100],
    ['a whole day, cut to the most', { 'retry-after': '86400' }, 600_000],
    ['a far date, cut to the most', { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }, 600_000],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
  ])("the provider's wish to wait: %s", (_what, headers, ms) => {
    expect(classify(answered(429, {}, headers)).retryAfterMs).toBe(ms);
    expect(toApplicationFailure(answered(503, {}, headers))).toMatchObject({
      ...(ms !== undefined && { nextRetryDelay: ms }),
    });
  });

  test.each<[message: string, ms: number | undefined]>([
    ['You exceeded your current quota. Please retry in 34.4s.', 34_400],
    ['Rate limit reached for m on tokens per minute. Please try again in 359ms.', 359],
    ['Please try again in 7m12s. Visit https://example.com/9s', 432_000],
    ['Rate limit exceeded, retry after 20 seconds', 20_000],
    ['Your rate limit resets in ~30s', 30_000],
    ['Wait for 2 minutes', 120_000],
    ['Limit 30 requests in 1 minute', undefined],
    ['try again later', undefined],
    ['Try again in 3 days', undefined],
  ])("the provider's wish to wait, in words: %s", (message, ms) => {
    expect(classify(answered(429, { message, type: 'rate_limit' })).retryAfterMs).toBe(ms);
    expect(classify(answered(429, { message, type: 'rate_limit' }, { 'retry-after': '7' })).retryAfterMs).toBe(7_000);
  });

  test('waits until the date that the provider names', () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    const { retryAfterMs } = classify(answered(429, {}, { 'retry-after': date }));
    expect(retryAfterMs).toBeGreaterThan(25_000);
    expect(retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  test.each([
    ['an API key', 'Incorrect API key provided: sk-proj-abc123XYZ_x*9.', 'abc123XYZ'],
    ['a bearer token', 'invalid header Authorization: Bearer eyJhbGciOi.J9-x', 'eyJhbGciOi'],
    ['a password in a Postgres URL', 'cannot connect to postgres://app:hunter2@db:5432/x', 'hunter2'],
    ['a password in a Redis URL without a user', 'cannot connect to redis://:hunter2@cache:6379', 'hunter2'],
  ])('does not show %s', (_what, said, secret) => {
    for (const error of [
      answered(400, { message: said }),
      new ServerError(said),
      new StoryreelError('Internal', said),
    ]) {
      const { message } = toApplicationFailure(error);
      expect(message).not.toContain(secret);
      expect(message).toContain('[hidden]');
    }
  });

  test('does not show the words of an error that nobody expected', () => {
    const { message } = classify(new RangeError('the prompt "a secret lighthouse" is odd'));
    expect(message).toBe("Unexpected RangeError; the worker's log has the details.");
  });

  test("does not show the provider's words without end", () => {
    expect(classify(answered(400, { message: 'x'.repeat(5_000) })).message.length).toBeLessThanOrEqual(300);
  });

  test('states what to do about a refused key, however long the provider talks', () => {
    expect(classify(answered(401, { message: 'no '.repeat(200) })).message).toContain('Check the key');
  });

  test('leaves to Temporal with its type, its delay and its issues, and the retry forbidden where it is final', () => {
    expect(toApplicationFailure(new UnusableOutput(['scenes: must be a list']))).toMatchObject({
      type: 'Output.Unusable',
      nonRetryable: true,
      details: [{ issues: ['scenes: must be a list'] }],
    });
    expect(toApplicationFailure(answered(429, {}, { 'retry-after': '2' }))).toMatchObject({
      type: 'Provider.RateLimited',
      nonRetryable: false,
      nextRetryDelay: 2_000,
    });
  });

  test("that is Temporal's own already passes as it is", () => {
    for (const error of [new CancelledFailure('x'), ApplicationFailure.create({ type: 'X' })]) {
      expect(toApplicationFailure(error)).toBe(error);
    }
  });

  test('of a program that could not be started is not blamed on Postgres', async () => {
    const error = await thrownBy(async () => once(spawn('true', ['x'.repeat(4_000_000)]), 'exit'));
    expect(classify(error).message).not.toContain('Postgres');
  });

  test('to reach the provider is Provider.Unavailable, retryable', async () => {
    const provider = new OpenAiText({
      baseUrl: `http://127.0.0.1:${await closedPort()}/v1`,
      apiKey: 'sk-test',
      model: 'm',
      jsonSchema: false,
    });
    const request = { messages: [{ role: 'user' as const, content: 'x' }], maxTokens: 1, temperature: 0 };
    const error = await thrownBy(() => provider.stream(request, () => undefined, new AbortController().signal));
    expect(verdict(error)).toBe('Provider.Unavailable, retryable');
    expect(classify(error).message).toContain('could not be reached');
  });
});

describe('A failure of Postgres', () => {
  let proxy: Server;
  let url: string;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    const real = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
    proxy = createServer((socket) => {
      const onward = connect(Number(real.port), real.hostname);
      for (const each of [socket, onward]) {
        sockets.add(each);
        each.on('error', () => undefined).on('close', () => (sockets.delete(each), socket.destroy(), onward.destroy()));
      }
      socket.pipe(onward).pipe(socket);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    url = Object.assign(new URL(real), { hostname: '127.0.0.1', port: String(port) }).href;
  });
  afterEach(() => goAway());

  function goAway(): void {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  }

  async function withDatabase(work: (query: (sql: string, values?: unknown[]) => Promise<unknown>) => Promise<void>) {
    const dataSource = await createDataSource({ url, statementTimeoutMs: 2_000 }).initialize();
    await work((sql, values) => thrownBy(() => dataSource.query(sql, values)));
    await dataSource.destroy();
  }

  test('a connection that is lost between two statements of a transaction is an outage', async () => {
    const url = fromSetup('STORYREEL_TEST_POSTGRES_URL');
    const dataSource = await createDataSource({ url, poolSize: 1 }).initialize();
    const error = await thrownBy(() =>
      dataSource.transaction(async (manager) => {
        await manager.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
        await until('the driver has heard of it', () => manager.queryRunner?.isReleased);
        await manager.query('SELECT 1');
      }),
    );
    expect(verdict(error)).toBe('Database.Unavailable, retryable');
    await dataSource.destroy();
  });

  test.each([
    ['a mistake in a statement', 'SELECT FROM nowhere', 'Internal, retryable'],
    ['a broken rule', 'INSERT INTO projects (id) VALUES (NULL)', 'Database.Refused, final'],
    ['a text that cannot be stored', `SELECT '"\\u0000"'::jsonb`, 'Database.Refused, final'],
    ['a statement that took too long', 'SELECT pg_sleep(10)', 'Database.Unavailable, retryable'],
    [
      'a connection ended by an operator',
      'SELECT pg_terminate_backend(pg_backend_pid())',
      'Database.Unavailable, retryable',
    ],
  ])('by %s', (_what, sql, expected) =>
    withDatabase(async (query) => {
      expect(verdict(await query(sql))).toBe(expected);
    }),
  );

  test('does not show the values of the statement', () =>
    withDatabase(async (query) => {
      const error = await query('SELECT $1::int', ['a secret lighthouse']);
      expect(classify(error).message).not.toContain('lighthouse');
    }));

  test('that lost its connection is Database.Unavailable', () =>
    withDatabase(async (query) => {
      const asked = query('SELECT pg_sleep(0.1)');
      await until('the connection is used', () => sockets.size > 0);
      goAway();
      expect(verdict(await asked)).toBe('Database.Unavailable, retryable');
    }));

  test('that cannot be reached any more is Database.Unavailable, not a fault of the provider', () =>
    withDatabase(async (query) => {
      goAway();
      await until('all connections are closed', () => sockets.size === 0);
      const error = await query('SELECT 1');
      expect(verdict(error)).toBe('Database.Unavailable, retryable');
      expect(classify(error).message).not.toContain('provider');
    }));
});

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
