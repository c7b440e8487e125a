import fc from 'fast-check';
import { pageCursor, readMicros, type PageCursor } from '../../src/client/projects/page-cursor';
import { laneId, parseBatchId, parseLaneId, parseProjectId, type LaneId, type ProjectId } from '../../src/protocol';
import { readProjectId } from '../../src/protocol/viewer';

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,49}$/);
const stage = fc.oneof(
  name,
  fc.tuple(name, name).map((parts) => parts.join('.')),
);
const lane = fc.tuple(stage, fc.option(fc.integer({ min: 1, max: 999_999_999 }), { nil: undefined }));
const micros = fc.bigInt({ min: 0n, max: 10n ** 17n - 1n }).map(String);
const project = fc.uuid().map((id) => readProjectId(id));
const batch = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/).map(parseBatchId);

const ofLanes = pageCursor('the list', readMicros, parseProjectId, parseLaneId);
const ofBatches = pageCursor('the list', readMicros, parseBatchId);
const nextOf = <T extends readonly string[]>(cursor: PageCursor<T>, place: T) =>
  cursor.page([1, 2], 1, () => place).next;

test('A page continues after any lane, stage and batch that there can be, also of another package', () => {
  fc.assert(
    fc.property(micros, project, lane, (at, id, [of, scene]) => {
      const parts: [string, ProjectId, LaneId] = [at, id, laneId(of, scene)];
      expect(ofLanes.read(nextOf(ofLanes, parts))).toEqual(parts);
    }),
  );
  fc.assert(
    fc.property(micros, batch, (at, id) => {
      if (id === undefined) throw new Error('each is the name of a batch');
      expect(ofBatches.read(nextOf(ofBatches, [at, id]))).toEqual([at, id]);
    }),
  );
});

test('What is no position is refused, whatever it is, and nothing is the first page', () => {
  expect(ofLanes.read(undefined)).toBeUndefined();
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(micros, fc.uuid(), fc.string()), { maxLength: 5 }).map((all) => all.join('_')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const parts = ofLanes.read(text);
        // What is read is written as it came, but for the case of an id.
        if (parts) expect(nextOf(ofLanes, parts)).toBe(text.toLowerCase());
      } catch (error) {
        expect(error).toMatchObject({ type: 'Project.Invalid', message: expect.stringContaining('after') });
      }
    }),
  );
});
