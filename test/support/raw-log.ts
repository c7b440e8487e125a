import type { Cursor, LogEvent, ProjectId } from '../../src/protocol';
import { withRedis } from '../../dev/stack/outside-service';
import { keys } from '../../src/stream/keys';
import { decodeEvent } from '../../src/stream/wire';

/** All that Redis holds of a project's events, in the order of the log. */
export async function eventsInLog(redisUrl: string, projectId: ProjectId): Promise<LogEvent[]> {
  const entries = await withRedis(redisUrl, 5_000, (redis) => redis.xrange(keys.log(projectId), '-', '+'));
  return entries.flatMap(([id, fields]) => decodeEvent(projectId, id as Cursor, fields[1] ?? '') ?? []);
}
