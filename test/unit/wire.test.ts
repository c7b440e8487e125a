import fc from 'fast-check';
import type { Cursor, EventBody, ProjectId } from '../../src/protocol';
import { decodeEvent, encodeEvent } from '../../src/stream/wire';

const PROJECT = 'p' as ProjectId;
const ID = '1-0' as Cursor;
const kind = fc.constantFrom('t', 'r', 'c', 'e', 'x');

test('Whatever others write or publish, it is read as an event or not at all', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(kind, fc.array(fc.jsonValue())).map(([first, rest]) => JSON.stringify([first, ...rest])),
  );
  fc.assert(
    fc.property(odd, (text) => {
      const event = decodeEvent(PROJECT, ID, text);
      expect([undefined, 'string']).toContain(event && typeof event.type);
    }),
  );
});

test('What is encoded is read again', () => {
  const body: EventBody = { type: 'stage_update', status: 'processing' };
  expect(decodeEvent(PROJECT, ID, encodeEvent('rewrite', undefined, body))).toMatchObject(body);
});
