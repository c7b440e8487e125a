import { connectRedis, MemoryEventLog, RedisEventLog, whenReady } from '../../src/stream';
import { fromSetup } from '../support/services';
import { eventLogContract } from './event-log-contract';

const ENTRIES = 100_000;

eventLogContract(
  'The event log in memory',
  (maxEntries = ENTRIES) => Promise.resolve(new MemoryEventLog({ maxEntries })),
  200,
);

eventLogContract(
  'The event log in Redis',
  async (maxEntries = ENTRIES) => {
    const url = fromSetup('STORYREEL_TEST_REDIS_URL');
    const publisher = connectRedis(url, 'publisher');
    await whenReady(publisher, 5_000);
    return new RedisEventLog(publisher, () => connectRedis(url, 'subscriber'), {
      maxEntries,
      upstream: 'off',
      appendWaitMs: 0,
    });
  },
  60,
);
