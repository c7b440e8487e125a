import { once } from 'node:events';
import { connect } from 'node:net';
import type { RunningGateway } from '../../src/gateway';
import { HttpUser, ownKey, SseReader, startGatewayApp } from '../support/gateway';
import { RawHttp } from '../support/raw-http';
import type { TestApp } from '../support/services';
import { until } from '../support/until';

let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
let user: HttpUser;
let owner: string;

beforeAll(async () => {
  ({ app, gateway, close } = await startGatewayApp({ GATEWAY_STREAMS: String(STREAMS) }));
  const key = await ownKey(app);
  owner = key.owner;
  user = new HttpUser(gateway.url, key.secret);
});
afterAll(() => close());

const STREAMS = 12;

test('clients that send byte by byte, or nothing, are let go, even if they never close, and a viewer beside them is not', async () => {
  const projectId = await app.client.create({ topic: 'a fox', owner });
  const reader = new SseReader(user, projectId);
  const reading = reader.read();
  const head = RawHttp.request(gateway.url, 'GET /v1', ['X-Long: abc']);
  const line = 'POST /v1/sessions';
  const post = RawHttp.request(gateway.url, line, ['Content-Type: application/json', 'Content-Length: 5000']);
  const open = (count: number) =>
    Promise.all(Array.from({ length: count }, () => RawHttp.open(gateway.url, { staysOpen: true })));
  const [silent, slowHeads, slowBodies] = await Promise.all([open(200), open(20), open(20)]);
  slowBodies.forEach((client) => client.send(post));
  let sent = 0;
  const dripping = setInterval(() => {
    for (const client of slowHeads) client.send(head.slice(sent % head.length).slice(0, sent < 80 ? 1 : 0));
    for (const client of slowBodies) client.send(' ');
    sent += 1;
  }, 400);
  const all = [...silent, ...slowHeads, ...slowBodies];
  await until('all are let go', () => all.every(({ isClosed }) => isClosed));
  clearInterval(dripping);
  for (const client of [...slowHeads, ...slowBodies]) {
    expect(client.answers()[0]).toMatchObject({ status: 408, body: expect.stringContaining('Request.Invalid') });
  }
  // A busy gateway may not have read yet what they sent; without an answer a client tries again.
  for (const client of silent) expect(client.answers()).toEqual([]);
  // Also on the gateway's own side.
  await until('all sockets are gone', () =>
    all.every((client) => {
      client.send('x');
      return client.socket.destroyed || client.socket.errored !== null;
    }),
  );
  await app.client.start(projectId, { stages: ['rewrite'] });
  expect(await reading).toBe('ended');
  expect(reader.seen.at(-1)?.event).toEqual({ type: 'end', reason: 'run_ended' });
  expect((await user.ask('GET', '/v1/projects')).status).toBe(200);
});

test('viewers who never read are let go once bytes wait for them in the gateway, and one who reads has all of it', async () => {
  const projectId = await app.client.create({ topic: 'a fox', owner });
  const reader = new SseReader(user, projectId);
  const texts = Array.from({ length: 24 }, (_, i) => `${i} ${'a fox and the moon. '.repeat(20_000)}`);
  const last = texts.at(-1) ?? '';
  const reading = reader.read(({ event }) => event.type === 'snapshot' && event.lanes.rewrite?.text === last);
  const stream = `/v1/projects/${projectId}/events`;
  const { hostname, port } = new URL(gateway.url);
  await until('the reader is in', () => reader.seen.length > 0);
  const opened = await Promise.all(
    Array.from({ length: STREAMS - 1 }, async () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(RawHttp.request(gateway.url, `GET ${stream}`, [`Authorization: Bearer ${user.key}`]));
      // It has a place, and from here on reads nothing.
      await once(socket, 'data');
      return socket.pause();
    }),
  );
  const ask = () => fetch(gateway.url + stream, { headers: { authorization: `Bearer ${user.key}` } });
  const given = async (count: number) => {
    const answers = await Promise.all(Array.from({ length: count }, ask));
    await Promise.all(answers.map(async ({ body }) => body?.cancel()));
    return answers.filter(({ status }) => status === 200).length;
  };
  expect(await given(1)).toBe(0);
  for (const rewrite of texts) await app.client.edit(projectId, { rewrite });
  expect(await reading).toBe('left');
  await until('all places are free', async () => (await given(STREAMS)) === STREAMS);
  for (const socket of opened) socket.destroy();
});
