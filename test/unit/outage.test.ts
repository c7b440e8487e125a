import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isOutage, OutageWait } from '../../src/activities/lanes/outage';
import { StoryreelError } from '../../src/protocol';
import { OpenAiImage, ServerError } from '../../src/providers';
import { FolderStore } from '../../src/storage';

const away = () => new StoryreelError('Database.Unavailable', 'away');

function waiting(options: { readonly msLeft?: number; readonly signal?: AbortSignal } = {}) {
  const said: (string | undefined)[] = [];
  const outage = new OutageWait({
    signal: options.signal ?? new AbortController().signal,
    mostPauseMs: 1,
    deadline: performance.now() + (options.msLeft ?? 60_000),
    onWait: (failure) => void said.push(failure?.message),
  });
  return { outage, said };
}

function failing(times: number, error: () => Error) {
  let tries = 0;
  return () => (++tries <= times ? Promise.reject(error()) : Promise.resolve(tries));
}

describe('An outage that costs nothing', () => {
  test('is sat out, and stated when it begins and when it is over', async () => {
    const { outage, said } = waiting();
    expect(await outage.through(failing(200, away))).toBe(201);
    expect(said).toEqual(['away', undefined]);
    await outage.through(failing(0, away));
    expect(said).toHaveLength(2);
  });

  test('ends the attempt when its time is up', async () => {
    await expect(waiting({ msLeft: 5 }).outage.through(failing(1e6, away))).rejects.toThrow('away');
  });

  test('ends at once when the attempt shall stop', async () => {
    const stopped = new AbortController();
    const { outage } = waiting({ signal: stopped.signal });
    const waits = outage.through(failing(Infinity, away));
    stopped.abort(new Error('stopped'));
    await expect(waits).rejects.toThrow();
  });

  test('is no excuse for another failure', async () => {
    const failed = () => new StoryreelError('Output.TooLong', 'too long');
    const { outage, said } = waiting();
    await expect(outage.through(failing(1, failed))).rejects.toThrow('too long');
    expect(said).toEqual([]);
  });
});

describe('An outage is', () => {
  async function unusedPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  async function failureAt(baseUrl: string): Promise<unknown> {
    const image = new OpenAiImage({ baseUrl, apiKey: 'sk-test', model: 'studio' });
    const request = { prompt: 'a fox', size: '320x180', idempotencyKey: 'key' };
    return image.generate(request, new AbortController().signal).catch((error: unknown) => error);
  }

  const ofPostgres = (code: string, severity = 'ERROR') =>
    Object.assign(new Error('refused'), { name: 'QueryFailedError', driverError: { code, severity } });

  test('a provider that refuses connections', async () => {
    expect(isOutage(await failureAt(`http://127.0.0.1:${await unusedPort()}`))).toBe(true);
  });

  test('a provider whose name is not known', async () => {
    expect(isOutage(await failureAt('http://no-such-host.invalid'))).toBe(true);
  });

  test.each([
    ['a database that is read-only', ofPostgres('25006'), true],
    ['a database that starts up', ofPostgres('57P03', 'FATAL'), true],
    ['a database that cannot write its own files', ofPostgres('XX000', 'FATAL'), true],
    ['a database whose disk is full', ofPostgres('53100'), true],
    ['a database with a failing disk', ofPostgres('58030'), true],
    ['a statement that Postgres does not take', ofPostgres('22P02'), false],
    ['an inner error of a statement', ofPostgres('XX000'), false],
    ['a log that is away', new StoryreelError('Stream.Unavailable', 'away'), true],
    ['a server that answers with an error', new ServerError('busy'), false],
    ['an answer that nobody can use', new StoryreelError('Output.TooLong', 'long'), false],
  ])('%s: %#', (_, error, expected) => expect(isOutage(error)).toBe(expected));

  test('a folder that cannot be written, and no file that is not there', async () => {
    const store = new FolderStore(__filename);
    expect(isOutage(await store.probe().catch((error: unknown) => error))).toBe(true);
    expect(isOutage(await new FolderStore(__dirname).read('none').catch((error: unknown) => error))).toBe(false);
  });
});
