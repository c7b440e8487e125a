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
  UpstreamMessage,
} from './event-log';
export { MemoryEventLog } from './memory-log';
export { connectPublisher, openRedisLog } from './open-redis-log';
export { connectRedis, whenReady } from './redis-connection';
export { RedisEventLog } from './redis-log';
export type { StreamMeter } from './stream-meter';
export { TextWriter } from './text-writer';
