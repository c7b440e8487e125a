import { Cluster, type Redis } from 'ioredis';
import type { Config } from '../config';
import { connectCluster, connectClusterSubscriber } from './redis-cluster';
import { connectRedis, type RedisFaultLog } from './redis-connection';
import { RedisControlChannel } from './redis-control';
import { tellOfRefusals } from './redis-faults';
import { RedisEventLog, upstreamMode } from './redis-log';
import { RefusalReport } from './redis-refusals';

type Where = Pick<Config, 'REDIS_URL' | 'REDIS_CLUSTER'>;
type Settings = Where & Pick<Config, 'LOG_MAX_EVENTS' | 'APPEND_WAIT_MS' | 'UPSTREAM_CHANNELS' | 'UPSTREAM_FULL_TEXT'>;

/** The connection for commands, to the server or the cluster that the settings name. Its calls fail fast. */
export function connectPublisher({ REDIS_URL, REDIS_CLUSTER }: Where, log?: RedisFaultLog): Redis | Cluster {
  return REDIS_CLUSTER ? connectCluster(REDIS_URL.split(','), log) : connectRedis(REDIS_URL, 'publisher', log);
}

/** What a process has in Redis. Both may be away now: then calls to the log reject, and nobody hears of a stop. */
export interface OpenedRedis {
  readonly log: RedisEventLog;
  readonly control: RedisControlChannel;
  /** Writes something that goes by itself; rejects where Redis takes no writes. */
  write(): Promise<unknown>;
  close(): Promise<void>;
}

/** The event log and the control channel where the settings say that Redis is. */
export function openRedis(
  settings: Settings,
  faults?: RedisFaultLog,
  onRefusal?: (error: unknown) => void,
): OpenedRedis {
  const publisher = connectPublisher(settings, faults);
  if (onRefusal) tellOfRefusals(publisher, onRefusal);
  const listening = (role: 'subscriber' | 'control') => () =>
    publisher instanceof Cluster
      ? connectClusterSubscriber(publisher, settings.REDIS_URL.split(','), role, faults)
      : connectRedis(settings.REDIS_URL, role, faults);
  const refusals = new RefusalReport(faults);
  const log = new RedisEventLog(publisher, listening('subscriber'), {
    maxEntries: settings.LOG_MAX_EVENTS,
    upstream: upstreamMode(settings),
    appendWaitMs: settings.APPEND_WAIT_MS,
    refusals,
  });
  const control = new RedisControlChannel(publisher, listening('control'), { refusals });
  return {
    log,
    control,
    write: () => publisher.set('story:probe', '1', 'EX', 60),
    close: async () => {
      control.close();
      await log.close();
    },
  };
}

/** The event log alone. */
export function openRedisLog(settings: Settings, faults?: RedisFaultLog): RedisEventLog {
  return openRedis(settings, faults).log;
}
