import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Viewer } from '../../src/gateway/stream/viewer';
import { until } from '../support/until';

const FRAME = Buffer.alloc(64 * 1024, 'x');
const MAX_WAITING = 256 * 1024;

let server: Server;
let socket: Socket;
let response: ServerResponse;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200);
  response.write('retry: 1\n');
  await turn();
});
afterEach(() => {
  socket.destroy();
  server.close();
});

test('What is written to a viewer leaves at once, so that the time of a slice includes it', () => {
  const viewer = new Viewer(response, 'full', jest.fn(), jest.fn());
  const before = response.socket?.bytesWritten ?? NaN;
  viewer.give({ full: Buffer.from('data: x\n\n') });
  expect([response.writableLength, response.socket?.bytesWritten]).toEqual([0, before + 9]);
});

test('A viewer that closes its side of the connection is gone, and is not written to', async () => {
  const refused = jest.fn();
  server.on('clientError', refused);
  const viewer = new Viewer(response, 'full', jest.fn(), jest.fn());
  const ended = once(response.req.socket, 'end');
  socket.end();
  socket.resume();
  await ended;
  viewer.give({ full: FRAME });
  expect(viewer.isGone).toBe(true);
  await turn();
  expect(refused).not.toHaveBeenCalled();
});

test('A viewer that never reads holds a bounded number of bytes, and takes more when it reads', async () => {
  let drained = 0;
  let gone = 0;
  const viewer = new Viewer(
    response,
    'full',
    () => (drained += 1),
    () => (gone += 1),
  );
  let given = 0;
  // The system takes some megabytes before anything waits here.
  await until('it takes no more', () => {
    while (viewer.canTake && given < 1_000) {
      viewer.give({ full: FRAME });
      given += 1;
    }
    return !viewer.canTake;
  });
  expect(given).toBeLessThan(1_000);
  expect(response.writableLength).toBeLessThan(MAX_WAITING + 2 * FRAME.length);
  const waiting = viewer.ready();
  socket.resume();
  await waiting;
  expect([drained, viewer.canTake, viewer.isGone]).toEqual([1, true, false]);
  socket.destroy();
  await until('it is gone', () => gone === 1);
  expect(viewer.isGone).toBe(true);
});
