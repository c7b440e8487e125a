import type { Cursor, LogEvent, ProjectId } from '../../src/protocol';
import type { LogMessage } from '../../src/stream';
import { RedisListener } from '../../src/stream/redis-subscriber';

/** A log of two events, of which the first was announced late. */
const BOUNDS = { first: '100-7' as Cursor, last: '100-8' as Cursor };

function event(id: string, before: string): LogMessage {
  const told = { id: id as Cursor, project_id: 'p' as ProjectId, stage: 'pipeline', timestamp: 0, type: 'done' };
  return { kind: 'event', previousId: before as Cursor, event: told as unknown as LogEvent };
}

function heardOf(early: readonly LogMessage[], late: readonly LogMessage[]): readonly string[] {
  const heard: string[] = [];
  const listener = new RedisListener((message) => {
    heard.push(message.kind === 'event' ? message.event.id : message.kind);
  });
  for (const message of early) listener.receive(message);
  listener.join(BOUNDS);
  for (const message of late) listener.receive(message);
  return heard;
}

describe('One who joins a log', () => {
  test('hears nothing of what it held then, whenever that arrives', () => {
    expect(heardOf([event('100-7', '0-0')], [event('100-8', '100-7'), event('101-0', '100-8')])).toEqual(['101-0']);
  });

  test.each(['99-0', '100-6', '100-9', '101-0'])(
    'hears of a log that begins anew with %s, however the clock was set',
    (id) => {
      expect(heardOf([event(id, '0-0')], [])).toEqual([id]);
      expect(heardOf([], [event(id, '0-0'), event('105-0', id)])).toEqual([id, '105-0']);
    },
  );
});
