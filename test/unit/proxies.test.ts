import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { useProxies } from '../../src/providers';
import { httpFetch, readBody } from '../../src/providers/http-fetch';
import { isExempt } from '../../src/providers/no-proxy';
import { routeTo } from '../../src/providers/proxy-route';
import { AUTHORITY, SERVER_CERT, SERVER_KEY, SERVER_NAME } from '../support/certificates';

const PASSWORD = 'p@ss/w:rd#%';
const AUTHORIZATION = `Basic ${Buffer.from(`films:${PASSWORD}`).toString('base64')}`;
const PORT = (server: Server) => (server.address() as AddressInfo).port;

/** The proxy leads every name to this machine, where the providers of these tests are. */
describe('A provider that only the proxy reaches', () => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (request: IncomingMessage) => `${request.headers.host} ${request.url}`;
  const plain = createServer((request, response) => response.end(answer(request)));
  const behindTls = createTls({ cert: SERVER_CERT, key: SERVER_KEY }, (request, response) =>
    response.end(answer(request)),
  );
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.headers['proxy-authorization'] !== AUTHORIZATION) return response.writeHead(407).end();
    const { host, pathname, port } = new URL(request.url ?? '');
    httpRequest({ host: '127.0.0.1', port, path: pathname, headers: { host } }, (incoming) => {
      response.writeHead(incoming.statusCode ?? 502);
      incoming.pipe(response);
    }).end();
    return response;
  });
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.headers['proxy-authorization'] !== AUTHORIZATION) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const onward = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) sockets.add(each.on('error', () => undefined));
  });
  const url = (credentials = `films:${encodeURIComponent(PASSWORD)}`) =>
    `http://${credentials}@127.0.0.1:${PORT(proxy)}`;
  const textOf = async (from: string) => (await readBody(await httpFetch(from), 1_000)).toString();

  beforeAll(async () => {
    for (const server of [plain, behindTls, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => void asked.splice(0));
  afterAll(() => {
    useProxies({});
    for (const server of [plain, behindTls, proxy]) {
      server.closeAllConnections();
      server.close();
    }
    for (const socket of sockets) socket.destroy();
  });

  test('is asked through HTTP_PROXY, with user and password', async () => {
    useProxies({ HTTP_PROXY: url() });
    expect(await textOf(`http://models.example:${PORT(plain)}/v1/models`)).toBe(
      `models.example:${PORT(plain)} /v1/models`,
    );
    expect(asked).toEqual([`GET http://models.example:${PORT(plain)}/v1/models`]);
  });

  test('is asked through a tunnel of HTTPS_PROXY, and its certificate is looked at', async () => {
    useProxies({ HTTPS_PROXY: url() });
    const there = `https://${SERVER_NAME}:${PORT(behindTls)}/v1/models`;
    // Nobody trusts the tests' authority; the connection to the provider, and no other, says so.
    await expect(httpFetch(there)).rejects.toMatchObject({ name: 'NotSent', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    const { agent } = routeTo(new URL(there)).options;
    Object.assign((agent as unknown as { options: object }).options, { ca: AUTHORITY });
    expect(await textOf(there)).toBe(`${SERVER_NAME}:${PORT(behindTls)} /v1/models`);
    expect(await textOf(there)).toContain('/v1/models');
    // The second request went through the tunnel that was there.
    expect(asked).toEqual(Array(2).fill(`CONNECT ${SERVER_NAME}:${PORT(behindTls)}`));
  });

  test.each([
    ['HTTP_PROXY', `http://models.example/v1`],
    ['HTTPS_PROXY', `https://models.example/v1`],
  ])('is not asked where the proxy of %s does not let us in, which costs nothing', async (setting, there) => {
    useProxies({ [setting]: url('films:wrong') });
    await expect(httpFetch(there)).rejects.toMatchObject({
      name: 'NotSent',
      message: `no connection (the proxy of ${setting}: answered 407)`,
    });
  });

  test('is asked straight where NO_PROXY or this machine is meant', async () => {
    useProxies({ HTTP_PROXY: url(), HTTPS_PROXY: url(), NO_PROXY: 'models.example' });
    expect(await textOf(`http://127.0.0.1:${PORT(plain)}/v1`)).toContain('/v1');
    expect(routeTo(new URL('http://models.example/')).proxySetting).toBeUndefined();
    expect(routeTo(new URL('http://[::1]:8080/')).proxySetting).toBeUndefined();
    expect(routeTo(new URL('http://other.example/')).proxySetting).toBe('HTTP_PROXY');
    expect(asked).toEqual([]);
  });
});

test.each([
  ['models.example', 443, 'models.example', true],
  ['api.models.example', 443, 'models.example', true],
  ['api.models.example', 443, '.models.example', true],
  ['api.models.example', 443, '*.models.example', true],
  ['othermodels.example', 443, 'models.example', false],
  ['MODELS.example', 443, 'a.example, Models.Example.', true],
  ['models.example', 8443, 'models.example:443', false],
  ['models.example', 443, 'models.example:443', true],
  ['anything', 80, '*', true],
  ['10.1.2.3', 80, '10.0.0.0/8', true],
  ['11.1.2.3', 80, '10.0.0.0/8', false],
  ['10.1.2.3', 80, '2.3', false],
  ['fd00::7', 80, 'fd00::/8', true],
  ['fd00::7', 80, '[fd00::7]:80', true],
  ['fd00::7', 80, 'fd00::7', true],
  ['models.example', 80, ' ,, ', false],
  ['models.example', 80, '10.0.0.0/99 %%% .', false],
])('NO_PROXY: %s at port %i of the list "%s" is exempt: %p', (host, port, list, exempt) => {
  expect(isExempt(host, port, list)).toBe(exempt);
});
