import { connectRedis, RedisEventLog, whenReady } from '../../src/stream';
import { FLAVOURS, RedisServers } from '../support/redis-servers';
import { eventLogContract } from './event-log-contract';
import { MemoryEventLog } from '../support/memory-log';

const ENTRIES = 100_000;

eventLogContract(
  'The event log in memory',
  (maxEntries = ENTRIES) => Promise.resolve(new MemoryEventLog({ maxEntries })),
  200,
);

describe.each(FLAVOURS)('%s', (flavour) => {
  let servers: RedisServers;
  let url = '';
  beforeAll(async () => {
    servers = RedisServers.open();
    url = (await servers.start(flavour)).url;
  });
  afterAll(() => servers.close());

  eventLogContract(
    'The event log',
    async (maxEntries = ENTRIES) => {
      const publisher = connectRedis(url, 'publisher');
      await whenReady(publisher, 5_000);
      return new RedisEventLog(publisher, () => connectRedis(url, 'subscriber'), {
        maxEntries,
        legacy: 'off',
      });
    },
    60,
  );
});
