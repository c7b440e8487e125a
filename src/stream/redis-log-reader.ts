import type { Cluster, Redis } from 'ioredis';
import { parseCursor, parseLaneId, type Cursor, type LaneId, type LogEvent, type ProjectId } from '../protocol';
import type { LogSnapshot, StoredLane } from './event-log';
import { keys } from './keys';
import type { RefusalReport } from './redis-refusals';
import type { RedisScripts } from './redis-scripts';
import { decodeEvent } from './wire';

/** The first and last id of a log at one moment. */
export interface LogBounds {
  readonly first: Cursor | undefined;
  readonly last: Cursor | undefined;
}

/** A key, and the command that reads it. */
type Reading = readonly [key: string, command: string, ...args: (string | number)[]];

/** Reads a project's log and texts. Everything that one call returns was true at one moment. */
export class RedisLogReader {
  constructor(
    private readonly redis: Redis | Cluster,
    private readonly scripts: RedisScripts,
    private readonly refusals: RefusalReport,
  ) {}

  async snapshot(projectId: ProjectId): Promise<LogSnapshot> {
    let lanes: LaneId[] = [];
    for (;;) {
      const asked = lanes;
      const texts = asked.map((lane): Reading => [keys.text(projectId, lane), 'GET']);
      const values = await this.readAtOnce([keys.lanes(projectId), 'HGETALL'], ...texts);
      const fields = recordOf(values[0] as string[]);
      lanes = lanesIn(Object.keys(fields));
      // A lane that appeared since is asked for as well, so that texts and cursor come from one moment.
      if (lanes.some((lane) => !asked.includes(lane))) continue;
      const cursor = fields['last'] === undefined ? undefined : parseCursor(fields['last']);
      return {
        ...(cursor && { cursor }),
        // A lane that was asked for may have expired since.
        lanes: new Map(
          asked
            .map((lane, i) => [lane, values[i + 1] as string | null] as const)
            .filter(([lane]) => lanes.includes(lane))
            .map(([lane, text]) => [lane, storedLane(fields, lane, text)]),
        ),
        newest: new Map(
          lanesIn(Object.keys(fields), 'newest:').map((lane) => [lane, Number(fields[`newest:${lane}`])]),
        ),
      };
    }
  }

  async bounds(projectId: ProjectId): Promise<LogBounds> {
    const [last, entries] = (await this.readAtOnce(
      [keys.lanes(projectId), 'HGET', 'last'],
      [keys.log(projectId), 'XRANGE', '-', '+', 'COUNT', 1],
    )) as [string | null, [id: string][]];
    return { first: parseCursor(entries[0]?.[0] ?? ''), last: parseCursor(last ?? '') };
  }

  async lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    const [fields, text] = (await this.readAtOnce(
      [keys.lanes(projectId), 'HMGET', `fence:${lane}`, `attempt:${lane}`],
      [keys.text(projectId, lane), 'GET'],
    )) as [(string | null)[], string | null];
    if (fields[0] == null) return undefined;
    return { fence: Number(fields[0]), attempt: Number(fields[1] ?? 1), text: text ?? '' };
  }

  async read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    // The entry at the cursor must still be there: what came right after it cannot have been trimmed or lost then.
    const entries = await this.redis.xrange(keys.log(projectId), from, '+', 'COUNT', limit + 1);
    if (entries[0]?.[0] !== from) return undefined;
    const news = entries.slice(1).flatMap(([name, fields]) => {
      const id = parseCursor(name);
      return id ? [{ id, stored: fields[1] ?? '' }] : [];
    });
    const events = news.flatMap(({ id, stored }) => this.decode(projectId, id, stored) ?? []);
    const last = news.at(-1)?.id;
    // If no event of a full page can be read, later events may be readable.
    return events.length === 0 && entries.length > limit && last ? this.read(projectId, last, limit) : events;
  }

  private decode(projectId: ProjectId, id: Cursor, stored: string): LogEvent | undefined {
    return decodeEvent(projectId, id, stored, (why) => this.refusals.unreadable(projectId, id, why));
  }

  private readAtOnce(...readings: readonly Reading[]): Promise<unknown[]> {
    const names = readings.map(([key]) => key);
    const commands = readings.flatMap(([, command, ...args]) => [command, args.length, ...args]);
    return this.scripts.run('read', names, commands);
  }
}

function recordOf(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) record[pairs[i] ?? ''] = pairs[i + 1] ?? '';
  return record;
}

function storedLane(fields: Record<string, string>, lane: LaneId, text: string | null): StoredLane {
  return {
    fence: Number(fields[`fence:${lane}`]),
    attempt: Number(fields[`attempt:${lane}`] ?? 1),
    text: text ?? '',
  };
}

export function lanesIn(fields: readonly string[], prefix = 'fence:'): LaneId[] {
  return fields.flatMap((field) => (field.startsWith(prefix) && parseLaneId(field.slice(prefix.length))) || []);
}
