import { Cluster, type Redis } from 'ioredis';
import type { Config } from '../config';
import { connectCluster, connectClusterSubscriber } from './redis-cluster';
import { connectRedis, type RedisFaultLog } from './redis-connection';
import { RedisEventLog, upstreamMode } from './redis-log';

type Where = Pick<Config, 'REDIS_URL' | 'REDIS_CLUSTER'>;
type Settings = Where & Pick<Config, 'LOG_MAX_EVENTS' | 'APPEND_WAIT_MS' | 'UPSTREAM_CHANNELS' | 'UPSTREAM_FULL_TEXT'>;

/** The connection for commands, to the server or the cluster that the settings name. Its calls fail fast. */
export function connectPublisher({ REDIS_URL, REDIS_CLUSTER }: Where, log?: RedisFaultLog): Redis | Cluster {
  return REDIS_CLUSTER ? connectCluster(REDIS_URL.split(','), log) : connectRedis(REDIS_URL, 'publisher', log);
}

/** The event log where the settings say that it is. It may be away now: calls reject until it is there. */
export function openRedisLog(settings: Settings, log?: RedisFaultLog): RedisEventLog {
  const publisher = connectPublisher(settings, log);
  const connectSubscriber = () =>
    publisher instanceof Cluster
      ? connectClusterSubscriber(publisher, settings.REDIS_URL.split(','), log)
      : connectRedis(settings.REDIS_URL, 'subscriber', log);
  return new RedisEventLog(publisher, connectSubscriber, {
    maxEntries: settings.LOG_MAX_EVENTS,
    upstream: upstreamMode(settings),
    appendWaitMs: settings.APPEND_WAIT_MS,
  });
}
