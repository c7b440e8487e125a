import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Viewer } from '../../src/gateway/stream/viewer';
import { until } from '../support/until';

const FRAME = Buffer.alloc(64 * 1024, 'x');
const MAX_WAITING = 256 * 1024;

test('A viewer that never reads holds a bounded number of bytes, and takes more when it reads', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.writeHead(200);
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
  server.close();
});
