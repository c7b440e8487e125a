import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { linkSignals, OpenAiVideo } from '../../src/providers';
import { countObjects } from '../support/count-objects';

describe('A linked signal', () => {
  test('aborts with the first of its parents, for the same reason', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = linkSignals(first.signal, second.signal);
    second.abort('stopped');
    first.abort('too late');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe('stopped');
  });

  test('is aborted from the beginning where one of its parents is', () => {
    const { signal } = linkSignals(new AbortController().signal, AbortSignal.abort('before'));
    expect(signal.reason).toBe('before');
  });

  test('leaves nothing on its parents once it is released, and follows them no more', () => {
    const parent = new AbortController();
    const { signal, release } = linkSignals(parent.signal);
    signal.addEventListener('abort', () => undefined);
    release();
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
    parent.abort();
    expect(signal.aborted).toBe(false);
  });
});

describe('A video job that is polled for long', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ id: 'job', status: 'in_progress', progress: 1 }));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // Counting takes longer than a server keeps a connection that is not used.
    server.keepAliveTimeout = 0;
  });
  afterAll(() => server.close());

  test('leaves no signal and no listener behind, whatever the package that asks keeps on them', async () => {
    const { port } = server.address() as AddressInfo;
    const video = new OpenAiVideo({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'sk-test', model: 'studio' });
    const job = new AbortController();
    const poll = async (times: number) => {
      for (let i = 0; i < times; i++) await video.poll('job', job.signal);
    };
    await poll(50);
    const before = await countObjects(AbortSignal);
    await poll(300);
    expect((await countObjects(AbortSignal)) - before).toBeLessThan(20);
    expect(getEventListeners(job.signal, 'abort')).toEqual([]);
  });
});
