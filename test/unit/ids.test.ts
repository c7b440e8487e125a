import fc from 'fast-check';
import {
  activityIdOf,
  batchIdOfWorkflow,
  batchWorkflowIdOf,
  compareCursors,
  fenceOf,
  isStageName,
  laneId,
  laneOfActivity,
  laneParts,
  lanesOf,
  LOG_BEGINNING,
  parseBatchId,
  parseCursor,
  parseLaneId,
  parseProjectId,
  projectIdOfWorkflow,
  STAGES,
  workflowIdOf,
  type Cursor,
  type ProjectId,
} from '../../src/protocol';

const part = fc.nat({ max: 9_007_199_254_740 });
const cursor = fc.tuple(part, fc.nat({ max: 1_000 })).map(([ms, seq]) => `${ms}-${seq}` as Cursor);
const stage = fc.constantFrom(...STAGES.map(({ name }) => name));

/** Texts that look like ids, and values of every other kind. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.stringMatching(/^(story-|batch-|film|extras\.title|-|~|\/|[0-9]|\n| |__proto__){0,6}$/),
);

describe('A parser of ids', () => {
  const parsers = { parseProjectId, parseBatchId, parseLaneId, parseCursor };
  const others = { projectIdOfWorkflow, batchIdOfWorkflow, laneOfActivity, laneParts, isStageName };

  test('takes any value, and returns an id that it reads again as the same', () => {
    fc.assert(
      fc.property(anything, (given) => {
        for (const parse of Object.values(parsers)) {
          const id: string | undefined = parse(given);
          expect(id === undefined ? undefined : parse(id)).toBe(id);
        }
        for (const parse of Object.values(others)) parse(given);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of a batch reads what its workflow is named by', () => {
    for (const batchId of ['a', '2026.11-x_1'].map(parseBatchId)) {
      expect(batchId && batchIdOfWorkflow(batchWorkflowIdOf(batchId))).toBe(batchId);
    }
    expect(parseBatchId('.a')).toBeUndefined();
  });
});

describe('A project id', () => {
  test('is read in either case and with space around it', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (id, upper) => {
        expect(parseProjectId(` ${upper ? id.toUpperCase() : id}\n`)).toBe(id);
      }),
    );
  });

  test('comes back from the id of its workflow', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(projectIdOfWorkflow(workflowIdOf(id as ProjectId))).toBe(id);
      }),
    );
  });

  test.each(['', 'x', '123', '../etc/passwd', `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(13)}`])(
    'is not read from %p',
    (text) => {
      expect(parseProjectId(text)).toBeUndefined();
      expect(projectIdOfWorkflow(`story-${text}`)).toBeUndefined();
    },
  );

  test.each([undefined, null, 7, {}, ['x']])('is not read from %p, which is no text', (given) => {
    expect(parseProjectId(given)).toBeUndefined();
    expect(parseCursor(given)).toBeUndefined();
  });

  test('is not read from the id of another workflow', () => {
    expect(projectIdOfWorkflow('batch-00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });
});

describe('A lane id', () => {
  test('comes apart into the stage and the scene that it was made of', () => {
    fc.assert(
      fc.property(stage, fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }), (name, scene) => {
        const lane = laneId(name, scene);
        expect(laneParts(lane)).toEqual(scene === undefined ? { stage: name } : { stage: name, scene });
      }),
    );
  });

  test.each([
    undefined,
    null,
    3,
    '',
    '/',
    '/3',
    'film/',
    'film/0',
    'film/-3',
    'film/03',
    'film/1/2',
    'Film',
    'film/x',
    'film ',
  ])('is not read from %p', (given) => {
    expect(laneParts(given)).toBeUndefined();
    expect(parseLaneId(given)).toBeUndefined();
    expect(laneOfActivity(given)).toBeUndefined();
  });

  test('comes back from its activity, also from one that is scheduled while another is pending', () => {
    fc.assert(
      fc.property(stage, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 20 }), (name, scene, number) => {
        for (const lane of [laneId(name), laneId(name, scene)]) {
          expect(laneOfActivity(activityIdOf(lane, number))).toBe(lane);
        }
      }),
    );
  });

  test('lanes are listed stage by stage, scene by scene', () => {
    expect(lanesOf(STAGES.slice(1, 4), [1, 2])).toEqual([
      'storyboard',
      'image_generation/1',
      'image_generation/2',
      'camera_movement/1',
      'camera_movement/2',
    ]);
  });
});

describe('A cursor', () => {
  test('is read back as it was written, and nothing else is', () => {
    fc.assert(
      fc.property(cursor, (text) => {
        expect(parseCursor(text)).toBe(text);
      }),
    );
    for (const text of ['', '5', '5-', '-5', 'a-1', '1-1-1', '+', '$', '1-1 ', `${'1'.repeat(17)}-0`]) {
      expect(parseCursor(text)).toBeUndefined();
    }
  });

  test('is ordered by time, then by its number within the millisecond', () => {
    fc.assert(
      fc.property(cursor, cursor, (a, b) => {
        const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
        const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
        const expected = aMs === bMs ? Math.sign(aSeq - bSeq) : Math.sign(aMs - bMs);
        expect(Math.sign(compareCursors(a, b))).toBe(expected);
        expect(Math.sign(compareCursors(b, a)) + expected).toBe(0);
      }),
    );
    expect(compareCursors('5-10' as Cursor, '5-9' as Cursor)).toBeGreaterThan(0);
    expect(compareCursors('10-0' as Cursor, '9-99' as Cursor)).toBeGreaterThan(0);
  });
});

test('What is no cursor lies at the beginning of every log', () => {
  fc.assert(
    fc.property(fc.anything(), cursor, (given, real) => {
      expect(compareCursors((parseCursor(given) ?? given) as Cursor, real)).toBe(
        compareCursors(parseCursor(given) ?? LOG_BEGINNING, real),
      );
    }),
  );
});

describe('A fence', () => {
  const time = fc.integer({ min: 1_600_000_000_000, max: 4_100_000_000_000 });
  const attempt = fc.integer({ min: 1, max: 100_000 });

  test('grows with the time at which the attempt was scheduled, whatever the attempts are numbered', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 1_000_000 }), attempt, attempt, (at, later, one, other) => {
        expect(fenceOf(at + later, other)).toBeGreaterThan(fenceOf(at, one));
      }),
    );
  });

  test('grows from attempt to attempt within one millisecond', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 998 }), (at, n) => {
        expect(fenceOf(at, n + 1)).toBeGreaterThan(fenceOf(at, n));
      }),
    );
  });

  test('is a whole number that JavaScript, Lua and a bigint column hold exactly', () => {
    fc.assert(
      fc.property(time, attempt, (at, n) => {
        expect(Number.isSafeInteger(fenceOf(at, n))).toBe(true);
      }),
    );
  });
});
