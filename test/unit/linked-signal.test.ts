import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { linkSignals } from '../../src/providers';

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
    // A thread has a heap of its own, in which counting is quick.
    const thread = new Worker(join(__dirname, '../support/polled-video.cjs'), {
      workerData: `http://127.0.0.1:${port}`,
    });
    const poll = async (times: number): Promise<{ signals: number; listeners: number }> => {
      thread.postMessage(times);
      const [left] = (await once(thread, 'message')) as [{ signals: number; listeners: number }];
      return left;
    };
    const before = await poll(50);
    const after = await poll(300);
    await thread.terminate();
    expect(after.signals - before.signals).toBeLessThan(20);
    expect(after.listeners).toBe(0);
  });
});
