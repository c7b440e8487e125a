import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { storyreelError } from '../../src/client/client-errors';
import { readConfig } from '../../src/config';
import { connectTemporal } from '../../src/temporal';
import { until } from '../support/until';

const OK = '0';
const LIMITED = '8';
const UNAVAILABLE = '14';
const CANCELLED = 1;
/** An empty message, which leaves every field at its default. */
const EMPTY = Buffer.alloc(5);

let server: Http2Server;
let sessions: ServerHttp2Session[];
let status: string;
let asked: number;

/** What answers in place of a Temporal that restarts: a proxy, which knows no server behind it. */
beforeEach(async () => {
  sessions = [];
  status = OK;
  asked = 0;
  server = createServer().listen(0, '127.0.0.1');
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    asked += 1;
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if (status !== OK) {
      return stream.respond({ ...head, 'grpc-status': status, 'grpc-message': 'its words' }, { endStream: true });
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': OK }));
    stream.end(EMPTY);
  });
  await once(server, 'listening');
});
afterEach(() => {
  for (const session of sessions) session.destroy();
  server.close();
});

const connected = async () => {
  const { port } = server.address() as AddressInfo;
  return connectTemporal(readConfig({ NODE_ENV: 'test', TEMPORAL_ADDRESS: `127.0.0.1:${port}` }), 60_000);
};

test('A call that is to be tried again is cancelled if its connection is closed meanwhile', async () => {
  const connection = await connected();
  status = UNAVAILABLE;
  asked = 0;
  const ended = connection.workflowService.getSystemInfo({}).then(
    () => undefined,
    (error: unknown) => error,
  );
  await until('its first try', () => asked > 0);
  await connection.close();
  expect(await ended).toMatchObject({ code: CANCELLED });
});

test('A call on a closed connection is cancelled', async () => {
  const connection = await connected();
  await connection.close();
  await expect(connection.workflowService.getSystemInfo({})).rejects.toMatchObject({ code: CANCELLED });
});

test('A call is tried again as long as its connection is open', async () => {
  const connection = await connected();
  status = UNAVAILABLE;
  asked = 0;
  const answer = connection.workflowService.getSystemInfo({});
  await until('its second try', () => asked > 1);
  status = OK;
  expect(await answer).toMatchObject({ serverVersion: '' });
  await connection.close();
});

test.each([
  ['that is limited', LIMITED, /takes no more calls now \(8 RESOURCE_EXHAUSTED: its words\)/],
  ['that is away', UNAVAILABLE, /cannot be reached \(14 UNAVAILABLE: its words\)/],
])(
  'A call to a server %s ends with what the server last said, and not with its own deadline',
  async (_, code, words) => {
    const connection = await connected();
    status = code;
    const ended = connection.withDeadline(Date.now() + 3_000, () => connection.workflowService.getSystemInfo({}));
    const error = await ended.then(() => undefined, storyreelError);
    expect(error).toMatchObject({ type: 'Service.Unreachable', message: expect.stringMatching(words) });
    await connection.close();
  },
);
