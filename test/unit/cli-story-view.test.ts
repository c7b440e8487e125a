import { reduceStory } from '../../src/cli/render';
import type { EventBody, LaneId, StoryEvent } from '../../src/protocol';
import { done, event, laneEvent, PROJECT, sha256, snapshot, token, viewAfter } from './cli-events';

const rewrite = (...events: StoryEvent[]) => viewAfter(...events).lanes.get('rewrite' as LaneId);

it('joins the tokens of a lane in their order', () => {
  expect(rewrite(snapshot(), token('rewrite', 'One ', 0), token('rewrite', 'fox', 4))).toMatchObject({
    text: 'One fox',
    bytes: 7,
    status: 'processing',
  });
});

it('counts offsets in bytes of UTF-8', () => {
  expect(rewrite(snapshot(), token('rewrite', '狐狸🦊', 0), token('rewrite', '!', 10))).toMatchObject({
    text: '狐狸🦊!',
    bytes: 11,
  });
});

it('takes a repeated piece once, also where it overlaps in part', () => {
  const events = [token('rewrite', '狐狸', 0), token('rewrite', '狐狸', 0), token('rewrite', '狸跑', 3)];
  expect(rewrite(snapshot(), ...events)).toMatchObject({ text: '狐狸跑', bytes: 9 });
});

it.each([
  [true, 'verified'],
  [false, 'mismatch'],
  ['unknown', 'unchecked'],
] as const)('takes over what the watch found out about a settled text: %s', (verified, check) => {
  const events = [token('rewrite', 'One fox', 0), done('rewrite', 'One fox', 1, verified)];
  expect(rewrite(snapshot(), ...events)?.check).toBe(check);
});

it('never forgets that a wrong text was shown, also after a snapshot has repaired it', () => {
  const right = snapshot({ rewrite: { text: 'fox', status: 'completed', sha256: sha256('fox'), verified: true } });
  const view = viewAfter(snapshot(), token('rewrite', 'cat', 0), done('rewrite', 'fox', 1, false), right);
  expect(view.lanes.get('rewrite' as LaneId)).toMatchObject({ text: 'fox', check: 'verified' });
  expect(view.mismatches).toEqual(['rewrite']);
});

it('throws the text away at a reset', () => {
  const again = laneEvent('rewrite', { type: 'reset', reason: 'retry', attempt: 2 }, 2);
  const events = [token('rewrite', 'Half a', 0), again, token('rewrite', 'New', 0, 2), done('rewrite', 'New', 2)];
  expect(rewrite(snapshot(), ...events)).toMatchObject({ text: 'New', check: 'verified' });
});

it('keeps the text up to the offset where a new attempt continues', () => {
  const goesOn = laneEvent('rewrite', { type: 'resumed', offset: 6, attempt: 2, how: 'prefill' }, 2);
  const events = [token('rewrite', '狐狸 runs', 0), goesOn, token('rewrite', '!', 6, 2), done('rewrite', '狐狸!', 2)];
  expect(rewrite(snapshot(), ...events)).toMatchObject({ text: '狐狸!', attempt: 2, check: 'verified' });
});

it('replaces all that it had by a late snapshot', () => {
  const late = snapshot({ storyboard: { text: '{}', status: 'processing' } });
  const view = viewAfter(snapshot(), token('rewrite', 'old', 0), late, token('storyboard', '!', 2));
  expect([...view.lanes.keys()]).toEqual(['storyboard']);
  expect(view.lanes.get('storyboard' as LaneId)?.text).toBe('{}!');
});

it('knows of the settled texts of a snapshot whether they are right', () => {
  const late = (verified: boolean) =>
    viewAfter(snapshot({ rewrite: { text: 'fox', status: 'completed', sha256: sha256('fox'), verified } }));
  expect(late(true).lanes.get('rewrite' as LaneId)?.check).toBe('verified');
  expect(late(true).mismatches).toEqual([]);
  expect(late(false).lanes.get('rewrite' as LaneId)?.check).toBe('mismatch');
  expect(late(false).mismatches).toEqual(['rewrite']);
});

it('knows what to type about a parked lane, from an event and from a snapshot', () => {
  const error = { type: 'Output.Unusable', message: 'no JSON', retryable: false } as const;
  const attention = laneEvent('storyboard', { type: 'attention', error, commands: ['storyreel retry x storyboard'] });
  const update = laneEvent('storyboard', { type: 'stage_update', status: 'needs_attention' });
  const live = viewAfter(snapshot(), update, attention);
  const late = viewAfter(snapshot({ storyboard: { status: 'needs_attention', error } }));
  expect(live.status).toBe('needs_attention');
  expect(live.lanes.get('storyboard' as LaneId)).toMatchObject({ error, commands: ['storyreel retry x storyboard'] });
  expect(late.lanes.get('storyboard' as LaneId)?.commands).toEqual([
    `storyreel retry ${PROJECT} storyboard`,
    `storyreel cancel ${PROJECT}`,
  ]);
});

it('keeps a run paused, or before a gate, until the run itself states that it continues', () => {
  const run = (body: EventBody) => event('pipeline', body);
  const settled = laneEvent('storyboard', { type: 'stage_update', status: 'completed' });
  const paused = viewAfter(snapshot(), run({ type: 'stage_update', status: 'paused' }), settled);
  expect(paused.status).toBe('paused');
  const waiting = viewAfter(snapshot(), settled, run({ type: 'awaiting', gate: 'storyboard' }));
  expect(waiting).toMatchObject({ status: 'awaiting_approval', gates: ['storyboard'] });
  const goesOn = reduceStory(waiting, run({ type: 'stage_update', status: 'processing' }));
  expect(goesOn).toMatchObject({ status: 'processing', gates: [] });
  expect(goesOn.lanes.get('storyboard' as LaneId)?.status).toBe('completed');
});

it('forgets what was wrong with a lane that is tried again', () => {
  const error = { type: 'Output.Unusable', message: 'no JSON', retryable: false } as const;
  const view = viewAfter(
    snapshot({ storyboard: { status: 'needs_attention', error } }),
    laneEvent('storyboard', { type: 'stage_update', status: 'processing' }, 2),
  );
  expect(view.status).toBe('processing');
  expect(view.lanes.get('storyboard' as LaneId)?.error).toBeUndefined();
});

it('follows a clip by its percent', () => {
  const lane = 'video_generation/2';
  const half = laneEvent(lane, { type: 'stage_update', status: 'processing', progress: 50 });
  const end = laneEvent(lane, { type: 'stage_update', status: 'completed' });
  expect(viewAfter(snapshot(), half).lanes.get(lane as LaneId)?.progress).toBe(50);
  expect(viewAfter(snapshot(), half, end).lanes.get(lane as LaneId)).not.toHaveProperty('progress');
});

it('distinguishes a run that was cancelled from one that failed', () => {
  const ended = (status: string) =>
    viewAfter(snapshot(), event('pipeline', { type: 'pipeline_error', error: 'over', metadata: { status } })).status;
  expect([ended('cancelled'), ended('failed')]).toEqual(['cancelled', 'failed']);
});

it('knows the scenes as soon as the storyboard has settled', () => {
  const text = '```json\n{"scenes":[{"narration":"A fox."},{"narration":"Snow."}]}\n```';
  const view = viewAfter(snapshot(), token('storyboard', text, 0), done('storyboard', text));
  expect(view.scenes).toEqual([
    { scene_number: 1, narration: 'A fox.' },
    { scene_number: 2, narration: 'Snow.' },
  ]);
});
