import fc from 'fast-check';

/** One argument as it is sent: its bytes, and their stated encoding. */
export interface RawPayload {
  readonly metadata?: Readonly<Record<string, Uint8Array>>;
  readonly data?: Uint8Array;
}

/** A signal, an update or a query as it goes over the wire. */
export interface RawMessage {
  readonly way: 'signal' | 'update' | 'query';
  readonly name: string;
  readonly payloads: readonly RawPayload[];
}

const STORY = ['pause', 'resume', 'retry', 'skip', 'cancelLane', 'approve', 'reject', 'edited', 'status'];
const BATCH = ['add', 'storyStands', 'status'];
const STRANGE = ['nonsense', '', '__temporal_signal', '__temporal_update', '__stack_trace', '__proto__', 'toString'];

/** Any units of UTF-16: NUL, halves of characters, emoji; and now and then far too many of them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', ' ', '\0', 'a\0b', '\ud83d', '🦊'.repeat(30), 'rewrite', 'film', 'video_generation/1'),
  fc
    .tuple(fc.constantFrom('x', '狐', '🦊', '\0', '\ud83d', '"'), fc.integer({ min: 500, max: 30_000 }))
    .map(([unit, times]) => unit.repeat(times)),
);

const anyValue = fc.oneof(
  anyText,
  fc.jsonValue(),
  fc.constantFrom(null, true, -1, 1.5, 1e21, [], {}, { toString: null }),
);

/** Shaped like what is read, with anything in each field. */
const nearlyRight = fc.record(
  {
    lane: fc.oneof(fc.constantFrom('rewrite', 'storyboard', 'film', 'image_generation/1'), anyValue),
    gate: fc.oneof(fc.constantFrom('rewrite', 'storyboard'), anyValue),
    reason: anyValue,
    now: anyValue,
    projects: fc.oneof(
      anyValue,
      fc.array(fc.record({ projectId: fc.oneof(fc.uuid(), anyValue), priority: anyValue, owner: anyValue }), {
        maxLength: 3,
      }),
    ),
    projectId: fc.oneof(fc.uuid(), anyValue),
    status: fc.oneof(fc.constantFrom('running', 'paused', 'completed'), anyValue),
    stages: anyValue,
    gates: anyValue,
    scenes: anyValue,
    carried: anyValue,
    batchId: anyValue,
    atMost: anyValue,
    graceSeconds: anyValue,
  },
  { requiredKeys: [] },
);

/** An input for a method of the client, a message or a workflow. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(nearlyRight, anyValue);

const bytes = (text: string) => Buffer.from(text, 'utf8');
const json = (value: unknown): RawPayload => ({
  metadata: { encoding: bytes('json/plain') },
  data: bytes(JSON.stringify(value) ?? ''),
});

const anyPayload: fc.Arbitrary<RawPayload> = fc.oneof(
  { arbitrary: anyJson.map(json), weight: 6 },
  {
    arbitrary: fc.constantFrom(1_000_000, 1_900_000).map((n) => json({ gate: 'rewrite', reason: 'x'.repeat(n) })),
    weight: 1,
  },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom('json/plain', 'json/protobuf', 'binary/plain', 'binary/null', 'binary/encrypted', '', 'é'),
        fc.uint8Array({ maxLength: 30 }),
      )
      .map(([encoding, data]) => ({ metadata: { encoding: bytes(encoding) }, data })),
    weight: 4,
  },
  {
    arbitrary: fc.constantFrom<RawPayload>(
      {},
      { metadata: {} },
      { data: bytes('{}') },
      { metadata: { encoding: bytes('json/plain') } },
    ),
    weight: 2,
  },
);

export const anyPayloads = fc.array(anyPayload, { maxLength: 4 });

function messageOf(names: readonly string[]): fc.Arbitrary<RawMessage> {
  return fc.record({
    way: fc.constantFrom<RawMessage['way']>('signal', 'signal', 'update', 'query'),
    name: fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 5 }, fc.constantFrom(...STRANGE), anyText),
    payloads: anyPayloads,
  });
}

export const anyStoryMessage = messageOf(STORY);
export const anyBatchMessage = messageOf(BATCH);
