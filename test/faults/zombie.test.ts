import type { LaneId } from '../../src/protocol';
import { eventsInLog } from '../support/raw-log';
import { fromSetup } from '../support/services';
import { sha256, textSeen } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { FrozenWorker, type HauntedStory } from './frozen-worker';

const LANE = 'rewrite' as LaneId;
/** The text of a second attempt; one that is held is still being written, or not yet begun, when the first attempt wakes. */
const SLOW = { sentences: 25, fault: { hold: 60 } };
const AT_ONCE = { sentences: 5, fault: {} };
const NOT_BEGUN = { sentences: 5, fault: { hold: 0 } };
/** Sentences of a first attempt: it would write for many minutes more, or has written all before it wakes. */
const LONG = { sentences: 150, tokensPerSecond: 4 };
const SHORT = { sentences: 40, tokensPerSecond: 20 };

describe('An attempt that comes back to life,', () => {
  const studio = new StudioControl();
  // When they wake, neither can reach Temporal any more, and the far one not Redis either.
  const near = new FrozenWorker(studio);
  const far = new FrozenWorker(studio);
  let writing: HauntedStory;
  let settled: HauntedStory;
  let notBegun: HauntedStory;
  let whole: HauntedStory;
  let farWriting: HauntedStory;
  let farWhole: HauntedStory;

  beforeAll(async () => {
    await Promise.all([near.open(), far.open()]);
    [writing, settled, notBegun, whole, farWriting, farWhole] = await Promise.all([
      near.begin(LONG, SLOW),
      near.begin(LONG, AT_ONCE),
      near.begin(LONG, NOT_BEGUN),
      near.begin(SHORT, SLOW),
      far.begin(LONG, SLOW),
      far.begin(SHORT, SLOW),
    ]);
    await Promise.all([near.freeze(), far.freeze()]);
    far.redis.hang();
    await settled.ended;
    await until('the others continue without it', () =>
      [writing, whole, farWriting, farWhole].every((story) => story.tokensOf(2) > 0),
    );
    await until('the last one is claimed', async (saw) => saw(await near.claimedBy(notBegun)) === 2);
    for (const [worker, story] of [
      [near, whole],
      [far, farWhole],
    ] as const) {
      await until('the first text was sent whole', async (saw) => saw(await worker.firstRequest(story))?.endedAt);
    }
    near.thaw();
    far.thaw();
  });
  afterAll(() => Promise.all([near.close(), far.close()]));

  test('while its successor writes, is refused by Redis and stops', async () => {
    await expectStopped(near, writing);
    await until('it states it', () => near.saysStopped(writing));
    await expectOnlyTheNewText(writing);
  });

  test('after its successor has settled, changes nothing and stops', async () => {
    await expectStopped(near, settled);
    await until('it states it', () => near.saysStopped(settled));
    await expectOnlyTheNewText(settled);
  });

  test('before its successor has its first token, does not get a word in', async () => {
    const endedAt = await expectStopped(near, notBegun);
    await expectOnlyTheNewText(notBegun);
    const reset = notBegun.events.find(({ type }) => type === 'reset');
    expect(endedAt).toBeLessThan((reset?.timestamp ?? 0) * 1000);
  });

  test('with its whole text received, does not settle it', async () => {
    expect(await near.firstRequest(whole)).toMatchObject({ aborted: false });
    await until('it states it', () => near.saysStopped(whole));
    await expectOnlyTheNewText(whole);
  });

  test('with its whole text received and Redis out of reach, is refused by Postgres if its heartbeats do not stop it before', async () => {
    expect(await far.firstRequest(farWhole)).toMatchObject({ aborted: false });
    // What stops the other attempt of its worker stops it as well.
    await until('it has ended', async () => {
      return far.saysStopped(farWhole) || Boolean((await far.firstRequest(farWriting))?.endedAt);
    });
    await expectOnlyTheNewText(farWhole);
  });

  test('in mid-stream, with nobody in reach who could refuse it, stops because its heartbeats are not answered', async () => {
    await expectStopped(far, farWriting);
    await until('it states why', () => far.saysUnanswered(farWriting));
    await expectOnlyTheNewText(farWriting);
  });

  /** The worker itself has closed its provider's stream, long before the text's end. Gives when. */
  async function expectStopped(worker: FrozenWorker, story: HauntedStory): Promise<number> {
    const endedAt = await until('it closes its stream', async (saw) => {
      return saw(await worker.firstRequest(story))?.endedAt ?? undefined;
    });
    expect(await worker.firstRequest(story)).toMatchObject({ aborted: true });
    return endedAt;
  }

  /** One change of epoch, then the new text and nothing else; nor has the log ever gone back to the older fence. */
  async function expectOnlyTheNewText({ projectId, mark, text, events, ended }: HauntedStory): Promise<void> {
    await studio.release(mark);
    await ended;
    const ofLane = events.filter((event) => 'lane' in event && event.lane === LANE);
    expect(ofLane.filter(({ type }) => type === 'reset' || type === 'resumed')).toMatchObject([
      { type: 'reset', reason: 'retry', attempt: 2 },
    ]);
    expect(textSeen(events, LANE)).toBe(text);
    expect(ofLane.filter(({ type }) => type === 'done')).toMatchObject([
      { attempt: 2, metadata: { length: Buffer.byteLength(text), sha256: sha256(text) } },
    ]);
    const inLog = await eventsInLog(fromSetup('STORYREEL_TEST_REDIS_URL'), projectId);
    const fences = inLog.flatMap(({ lane, fence }) => (lane === LANE && fence !== undefined ? [fence] : []));
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    expect(new Set(fences).size).toBe(2);
  }
});
