import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import type { App, Caller } from '../../src/gateway/app';
import { limitConnections, UnknownConnections } from '../../src/gateway/connection-limit';
import { isWithin } from '../../src/gateway/forwarded';
import { problemOf } from '../../src/gateway/problem';
import type { ZodProvider } from '../../src/gateway/validation';
import { RawHttp } from '../support/raw-http';
import { until } from '../support/until';

const known: Caller = { kind: 'key', id: 'a', owner: 'ann', scopes: [], stories: {} as Caller['stories'] };
let app: App;
let url: string;
let clients: RawHttp[] = [];

/** A server that takes three connections of strangers. Who sends any credential is known. */
beforeEach(async () => {
  app = Fastify().withTypeProvider<ZodProvider>();
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request) => {
    if (request.headers.authorization !== undefined) request.caller = known;
  });
  limitConnections(app, new UnknownConnections(3, () => false));
  app.setErrorHandler((error, request, reply) => reply.code(problemOf(error, request.id).status).send(error));
  app.get('/', async () => 'well');
  await app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const client of clients) client.leave();
  clients = [];
  await app.close();
});

const open = async () => {
  const client = await RawHttp.open(url);
  clients.push(client);
  return client;
};
const ask = async (client: RawHttp, ...headers: readonly string[]) => {
  const before = client.answers().length;
  client.send(`${['GET / HTTP/1.1', 'Host: x', ...headers].join('\r\n')}\r\n\r\n`);
  await until('an answer', () => client.answers().length > before);
  return client.answers()[before];
};
const KEY = 'Authorization: Bearer x';

test('One connection too many is answered with 429 and closed; there is room again when another one is left', async () => {
  const taken = [await open(), await open(), await open()];
  for (const client of taken) expect(await ask(client)).toMatchObject({ status: 200 });
  const more = await open();
  expect(await ask(more)).toMatchObject({ status: 429, head: expect.stringMatching(/connection: close/i) });
  await more.closed();
  for (const client of taken) expect(await ask(client)).toMatchObject({ status: 200 });
  taken[0]?.leave();
  await until('room', async () => (await ask(await open()))?.status === 200);
});

test('A connection too many that asks nothing is refused with a problem of its own', async () => {
  for (let i = 0; i < 3; i++) await open();
  const silent = await open();
  await silent.closed();
  const [answer] = silent.answers();
  expect(answer).toMatchObject({ status: 429, head: expect.stringMatching(/^retry-after: 5$/im) });
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'Request.TooMany', retry_after: 5 });
});

test('A connection on which a credential was shown counts no more, also one that was too many', async () => {
  for (let i = 0; i < 10; i++) {
    const client = await open();
    expect(await ask(client, KEY)).toMatchObject({
      status: 200,
      head: expect.not.stringMatching(/connection: close/i),
    });
    expect(await ask(client)).toMatchObject({ status: 200 });
  }
  const strangers = [await open(), await open(), await open()];
  for (const client of strangers) expect(await ask(client)).toMatchObject({ status: 200 });
  const member = await open();
  expect(await ask(member, KEY)).toMatchObject({ status: 200 });
  expect(await ask(member)).toMatchObject({ status: 200 });
});

test.each([
  ['127.0.0.1', true],
  ['::ffff:127.3.0.1', true],
  ['::1', true],
  ['10.1.2.3', true],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['2001:db8:1::5', true],
  ['2001:db8:2::5', false],
  ['', false],
  [undefined, false],
])('Of this machine or of a proxy is %s: %s', (address, isOurs) => {
  expect(isWithin(['loopback', 'uniquelocal', '192.0.2.7', '2001:db8:1::/48'])(address)).toBe(isOurs);
});

test.each([
  ['::1/64', '203.0.113.7', false],
  ['::1/64', '::ffff:203.0.113.7', false],
  ['::ffff:10.0.0.7', '10.0.0.7', true],
  ['::ffff:10.1.0.0/112', '10.1.9.9', true],
  ['::ffff:10.1.0.0/112', '10.2.0.1', false],
  ['::ffff:10.1.0.0/40', '10.1.0.1', false],
])('In the network %s is the address %s of IPv4: %s', (network, address, isIn) => {
  expect(isWithin([network])(address)).toBe(isIn);
});
