import { Cluster, Redis } from 'ioredis';
import { placeOfConnection } from '../../src/stream';

/** None of them connects. */
const lazy = { lazyConnect: true } as const;
const login = { username: 'films', password: 'secret' };

test.each([
  ['redis://films:secret@redis.example:7000/3', { nodes: [{ host: 'redis.example', port: 7000 }], ...login, db: 3 }],
  ['rediss://redis.example', { nodes: [{ host: 'redis.example', port: 6379 }], tls: {} }],
])('the place of a connection to %s', (url, place) => {
  expect(placeOfConnection(new Redis(url, lazy))).toEqual(place);
});

test('the place of a connection by sentinels', () => {
  const sentinels = [{ host: 'one' }, { host: 'two', port: 5000 }];
  const redis = new Redis({ sentinels, name: 'main', sentinelPassword: 'word', db: 2, ...login, ...lazy });
  expect(placeOfConnection(redis)).toEqual({
    nodes: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 5000 },
    ],
    ...login,
    db: 2,
    sentinel: { name: 'main', password: 'word' },
  });
});

test('the place of a cluster, by whatever names its first nodes', () => {
  const nodes = ['redis://one:7001', 'two:7002', 7003, { host: 'four' }];
  const cluster = new Cluster(nodes, { ...lazy, redisOptions: { password: 'secret', tls: { servername: 'x' } } });
  expect(placeOfConnection(cluster)).toEqual({
    nodes: [
      { host: 'one', port: 7001 },
      { host: 'two', port: 7002 },
      { host: '127.0.0.1', port: 7003 },
      { host: 'four', port: 6379 },
    ],
    cluster: true,
    password: 'secret',
    tls: { servername: 'x' },
  });
});

test('a socket in the file system is refused in words', () => {
  expect(() => placeOfConnection(new Redis('/run/redis.sock', lazy))).toThrow('set REDIS_URL instead');
});
