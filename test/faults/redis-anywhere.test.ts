import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Redis } from 'ioredis';
import { readConfig } from '../../src/config';
import { missingRights, openRedis, rightsNeeded, type OpenedRedis } from '../../src/stream';
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY, SERVER_NAME } from '../support/certificates';
import { FLAVOURS, RedisServers, type RedisServer } from '../support/redis-servers';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { eventLogContract } from '../contract/event-log-contract';
import { append, begin, listen, newProject, writerOf } from '../contract/log-under-test';

describe('Redis', () => {
  let servers: RedisServers;
  let server: RedisServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    servers = RedisServers.open();
    server = await servers.start();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => servers.close());

  /** As a worker and as a backend opens it, with what it logs. */
  function open(env: Record<string, string>): OpenedRedis & { readonly lines: { cause?: string; said: string }[] } {
    const lines: { cause?: string; said: string }[] = [];
    const config = { ...readConfig(env), LEGACY_CHANNELS: false };
    const redis = openRedis(config, { warn: (fields, said) => void lines.push({ ...fields, said }) });
    closing.push(() => redis.close());
    return { ...redis, lines };
  }

  async function proxyTo(port: number): Promise<TcpProxy & { readonly url: string }> {
    const proxy = await TcpProxy.start(port);
    closing.push(() => proxy.close());
    return Object.assign(proxy, { url: `redis://127.0.0.1:${proxy.port}` });
  }

  async function admin(at: RedisServer, password?: string): Promise<Redis> {
    const redis = new Redis(at.url, password === undefined ? {} : { password });
    redis.on('error', () => undefined);
    closing.push(() => redis.disconnect());
    await redis.ping();
    return redis;
  }

  test('that has become a replica is left for its master, by those that write and those that listen', async () => {
    const [old, young] = [await servers.start(), await servers.start()];
    const proxy = await proxyTo(old.port);
    const [worker, viewer] = [open({ REDIS_URL: proxy.url }), open({ REDIS_URL: proxy.url })];
    await Promise.all([worker.log.ready(5_000), viewer.log.ready(5_000)]);
    const { projectId } = await begin(worker.log);
    const heard = await listen(viewer.log, projectId);
    await (await admin(old)).replicaof('127.0.0.1', young.port);
    proxy.leadTo(young.port);
    await until('it takes writes', () => append(worker.log, writerOf(projectId, 1), 0, 'a').catch(() => false));
    // Nobody tells the old server any more of what is published.
    await old.kill();
    let length = 1;
    await until('they are heard', async () => {
      const reply = await append(worker.log, writerOf(projectId, 1), length, 'b').catch(() => undefined);
      if (reply?.kind === 'ok') length = reply.length;
      return heard.events().length > 0;
    });
    expect(worker.lines.filter(({ said }) => said.startsWith('redis is a replica'))).toHaveLength(1);
    heard.leave();
  });

  test('whose connections a network has lost without a word is heard again', async () => {
    const proxy = await proxyTo(server.port);
    const [worker, viewer] = [open({ REDIS_URL: server.url }), open({ REDIS_URL: proxy.url })];
    await Promise.all([worker.log.ready(5_000), viewer.log.ready(5_000)]);
    const { projectId } = await begin(worker.log);
    const heard = await listen(viewer.log, projectId);
    proxy.hang();
    proxy.heal();
    await until('it is known that something may be missed', () => heard.messages.length > 0);
    expect(heard.messages).toEqual([{ kind: 'interrupted' }]);
    await append(worker.log, writerOf(projectId, 1), 0, 'a');
    await until('the token is heard', () => heard.events().length > 0);
    expect(viewer.lines[0]?.said).toMatch(/^redis is away/);
    heard.leave();
  });

  test('that refuses the password has one line in the log, and one more when it takes it', async () => {
    const locked = await servers.start();
    await (await admin(locked)).config('SET', 'requirepass', 'right');
    const redis = await admin(locked, 'right');
    const worker = open({ REDIS_URL: locked.url.replace('//', '//:wrong@') });
    const listening = worker.log.subscribe(newProject(), () => undefined).catch(() => undefined);
    worker.control.listen(() => undefined);
    await until('it has tried many times', async () => {
      const failed = /^cmdstat_auth:.*failed_calls=(\d+)/m.exec(await redis.info('commandstats'))?.[1];
      return Number(failed ?? 0) > 12;
    });
    expect(worker.lines).toMatchObject([{ cause: 'WRONGPASS', said: expect.stringMatching(/does not let us/) }]);
    await redis.config('SET', 'requirepass', 'wrong');
    await until('it is taken', () => worker.lines.length > 1);
    await listening;
    expect(worker.lines.slice(1)).toMatchObject([{ said: 'redis is back' }]);
  });

  test('is reached by TLS with an authority and a certificate of our own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'storyreel-tls-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const front = createServer(
      { cert: SERVER_CERT, key: SERVER_KEY, ca: AUTHORITY, requestCert: true, rejectUnauthorized: true },
      (socket) => {
        const to = connect(server.port, '127.0.0.1');
        for (const each of [socket, to]) each.on('error', () => undefined);
        socket.pipe(to).pipe(socket);
        closing.push(() => socket.destroy());
      },
    ).listen(0, '127.0.0.1');
    front.on('tlsClientError', () => undefined);
    closing.push(() => front.close());
    await new Promise((resolve) => front.once('listening', resolve));
    const { port } = front.address() as { port: number };
    const trusting = {
      REDIS_URL: `rediss://127.0.0.1:${port}`,
      REDIS_TLS_SERVER_CA_CERT_PATH: file('ca.pem', AUTHORITY),
      REDIS_TLS_SERVER_NAME: SERVER_NAME,
    };
    const known = open({
      ...trusting,
      REDIS_TLS_CLIENT_CERT_PATH: file('client.pem', CLIENT_CERT),
      REDIS_TLS_CLIENT_KEY_PATH: file('client-key.pem', CLIENT_KEY),
    });
    await known.log.ready(10_000);
    const { projectId } = await begin(known.log);
    const heard = await listen(known.log, projectId);
    await append(known.log, writerOf(projectId, 1), 0, 'a');
    await until('the token is heard', () => heard.events().length > 0);
    const unknown = open(trusting);
    await until('it is refused', () => unknown.lines.length > 0);
    expect(() => open({ ...trusting, REDIS_TLS_CLIENT_KEY_PATH: join(folder, 'none') })).toThrow(/CLIENT_KEY_PATH/);
  });

  test.each(FLAVOURS)('%s has each right named that its user lacks', async (flavour) => {
    const own = await servers.start(flavour);
    const redis = await admin(own);
    const all = rightsNeeded({ cluster: false });
    const connected = ['+unsubscribe', '+client|setname', '+client|setinfo', '~story:*', '&story:*', '&ai_story:*'];
    for (const right of all.filter((each) => !connected.includes(each))) {
      await redis.acl('SETUSER', 'app', 'reset', 'on', '>pw', ...all.filter((each) => each !== right));
      const user = new Redis(own.url, { username: 'app', password: 'pw', enableReadyCheck: false });
      expect(await missingRights(user)).toEqual([right]);
      user.disconnect();
    }
    await redis.acl('SETUSER', 'app', 'reset', 'on', '>pw', '~story:*', ...all.filter((each) => each.startsWith('+')));
    const user = new Redis(own.url, { username: 'app', password: 'pw' });
    expect(await missingRights(user)).toEqual(['&ai_story:*', '&story:*']);
    user.disconnect();
  });

  describe('whose user has only the rights that it needs', () => {
    eventLogContract(
      'The event log',
      async (maxEntries = 100_000) => {
        const redis = new Redis(server.url);
        await redis.acl('SETUSER', 'app', 'reset', 'on', '>pw', ...rightsNeeded({ cluster: false }));
        redis.disconnect();
        const config = readConfig({ REDIS_URL: server.url.replace('//', '//app:pw@') });
        const { log } = openRedis({ ...config, LOG_MAX_EVENTS: maxEntries });
        await log.ready(10_000);
        return log;
      },
      20,
    );
  });
});
