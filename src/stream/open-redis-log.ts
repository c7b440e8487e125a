import { Cluster, Redis } from 'ioredis';
import type { Config } from '../config';
import { shownFault } from './redis-causes';
import { connectCluster, connectClusterSubscriber } from './redis-cluster';
import { connectRedis, pingFrom, type RedisFaultLog } from './redis-connection';
import { RedisControlChannel } from './redis-control';
import { reportRefusals } from './redis-faults';
import { RedisEventLog, legacyMode } from './redis-log';
import { MasterWatch } from './redis-master';
import { memoryOf, type RedisMemory } from './redis-memory';
import { redisPlace, type RedisPlace, type RedisSettings } from './redis-place';
import { ReachReport } from './redis-reach';
import { RefusalReport } from './redis-refusals';

type Settings = RedisSettings & Pick<Config, 'LOG_MAX_EVENTS' | 'LEGACY_CHANNELS' | 'LEGACY_FULL_TEXT'>;

/** The connection for commands, to the place that the settings name. Its calls fail fast. */
export function connectPublisher(settings: RedisSettings): Redis | Cluster {
  return connectTo(redisPlace(settings));
}

function connectTo(place: RedisPlace, reach = new ReachReport(), log?: RedisFaultLog): Redis | Cluster {
  return place.cluster ? connectCluster(place, reach, log) : connectRedis(place, 'publisher', reach);
}

/** A process's Redis connections. Redis may be away now: then calls to the log reject, and no stop is received. */
export interface OpenedRedis {
  readonly log: RedisEventLog;
  readonly control: RedisControlChannel;
  /** Writes a value that expires automatically; rejects with the reason if Redis takes no writes. */
  write(): Promise<unknown>;
  /** The memory limit of each master. */
  readonly memory: () => Promise<readonly RedisMemory[]>;
  close(): Promise<void>;
}

/** Opens the event log and the control channel at the Redis of the settings. */
export function openRedis(
  settings: Settings,
  faults?: RedisFaultLog,
  onRefusal?: (error: unknown) => void,
  place: RedisPlace = redisPlace(settings),
): OpenedRedis {
  const reach = new ReachReport(faults);
  const publisher = connectTo(place, reach, faults);
  const listening: Redis[] = [];
  const listen = (role: 'subscriber' | 'control') => () => {
    const redis =
      publisher instanceof Cluster
        ? connectClusterSubscriber(publisher, place, role, reach)
        : connectRedis(place, role, reach);
    listening.push(redis);
    return redis;
  };
  if (publisher instanceof Redis) followMaster(publisher, { place, reach, listening, ...(faults && { faults }) });
  if (onRefusal) reportRefusals(publisher, onRefusal);
  const refusals = new RefusalReport(faults, undefined, reach);
  const log = new RedisEventLog(publisher, listen('subscriber'), {
    maxEntries: settings.LOG_MAX_EVENTS,
    legacy: legacyMode(settings),
    refusals,
  });
  const control = new RedisControlChannel(publisher, listen('control'), { refusals });
  return {
    log,
    control,
    memory: () => memoryOf(publisher),
    write: () =>
      publisher.set('story:probe', '1', 'EX', 60).catch((error: Error) => {
        throw new Error(shownFault(error.message, reach.reason), { cause: error });
      }),
    close: async () => {
      control.close();
      await log.close();
    },
  };
}

/**
 * Keeps the publisher at a master, whatever way its address leads there, and moves the subscribers with it. At a server
 * that the others have left, subscribers would receive nothing.
 */
function followMaster(
  publisher: Redis,
  {
    place,
    reach,
    listening,
    faults,
  }: {
    readonly place: RedisPlace;
    readonly reach: ReachReport;
    readonly listening: readonly Redis[];
    readonly faults?: RedisFaultLog;
  },
): void {
  const comeAlong = () => {
    for (const redis of listening) if (redis.status === 'ready') redis.disconnect(true);
  };
  const master = new MasterWatch(publisher, comeAlong, faults);
  pingFrom(
    publisher,
    'publisher',
    (error) => reach.down(publisher, error),
    () => master.look(),
  );
  reportRefusals(publisher, (error) => master.met(error));
  let lost = false;
  publisher.on('close', () => (lost = true));
  publisher.on('ready', () => {
    // Sentinels may have named another one than before.
    if (lost && place.sentinel) comeAlong();
    lost = false;
  });
}
