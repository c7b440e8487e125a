export type { ControlChannel } from './control-channel';
export type {
  AppendReply,
  AppendRequest,
  EventLog,
  LaneWriter,
  LogMessage,
  LogSnapshot,
  PublishReply,
  PublishRequest,
  StoredLane,
  LegacyMessage,
} from './event-log';
export { connectPublisher, openRedis, type OpenedRedis } from './open-redis-log';
export { versionTooOld } from './redis-version';
export { placeOfConnection, type RedisConnection } from './place-of-connection';
export { connectRedis, whenReady } from './redis-connection';
export { adviceOnMemory, memoryOf, shownMemory } from './redis-memory';
export { missingRights, rightsNeeded } from './redis-rights';
export { RedisControlChannel } from './redis-control';
export { RedisEventLog } from './redis-log';
export { adviceOnRedis } from './redis-advice';
export { REFUSALS, shownFault } from './redis-causes';
export { RefusalReport } from './redis-refusals';
export type { StreamMeter } from './stream-meter';
export { TextWriter } from './text-writer';
