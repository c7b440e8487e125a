import type { DataSource } from 'typeorm';
import { claimLane } from '../../src/activities/lanes/lane-store';
import { Lane, ModelUsage } from '../../src/entities';
import { fenceOf, laneId, type LogEvent, type ProjectId, type StoryEvent } from '../../src/protocol';
import { withRedis } from '../../dev/stack/outside-service';
import { keys } from '../../src/stream/keys';
import { eventsInLog } from '../support/raw-log';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, sha256, textSeen, watchText, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { rowsOf } from '../support/app-rows';

const REWRITE = laneId('rewrite');

describe('A half-written text that a person edits', () => {
  let app: TestApp;
  let dataSource: DataSource;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
    dataSource = await rowsOf(app);
  });
  afterAll(() => app.close());

  /** One that was cancelled in mid-sentence. */
  async function halfWritten(): Promise<{ projectId: ProjectId; mark: string; text: string }> {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 60 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchText(app.client, projectId, 120);
    await expect(app.client.edit(projectId, { text: { lane: 'rewrite', content: 'No.' } })).rejects.toMatchObject({
      type: 'Lane.Busy',
    });
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    const { text } = await app.client.editable(projectId);
    if (text?.lane !== 'rewrite') throw new Error('nothing is half-written');
    return { projectId, mark, text: text.content };
  }

  function setContinuation(projectId: ProjectId, how: string): Promise<unknown> {
    return dataSource.query(
      `UPDATE projects SET run_settings = jsonb_set(run_settings, '{models,text,continuation}', to_jsonb($2::text)) WHERE id = $1`,
      [projectId, how],
    );
  }

  async function finish(projectId: ProjectId): Promise<StoryEvent[]> {
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.findLast((event) => event.type === 'done' && event.lane === REWRITE)).toMatchObject({
      verified: true,
    });
    return events;
  }

  test('is gone on from, byte for byte, and viewers see it begin anew with the edit', async () => {
    const { projectId, mark, text } = await halfWritten();
    const begin = (lane: string) => ({ text: { lane, content: 'Once' } });
    const invalid = (message: RegExp) => ({ type: 'Project.Invalid', message: expect.stringMatching(message) });
    await expect(app.client.edit(projectId, begin('storyboard'))).rejects.toMatchObject(invalid(/half-written/));
    await expect(app.client.edit(projectId, begin('poem'))).rejects.toMatchObject(invalid(/poem/));
    // The run's provider counts, whatever this process has set.
    await setContinuation(projectId, 'none');
    await expect(app.client.edit(projectId, begin('rewrite'))).rejects.toMatchObject(invalid(/cannot continue/));
    await setContinuation(projectId, 'prefill');

    const edit = `${text.slice(0, 40)}… 风暴 was the keeper's secret name. The keeper took the lamp`;
    const { version } = await app.client.editable(projectId);
    const before = await dataSource.getRepository(Lane).findOneByOrFail({ projectId, lane: REWRITE });
    await app.client.edit(projectId, { text: { lane: 'rewrite', content: edit } }, { version, by: 'anna' });
    expect((await app.client.editable(projectId)).text?.content).toBe(edit);

    const told = (await eventsInLog(fromSetup('STORYREEL_TEST_REDIS_URL'), projectId)).slice(-3);
    expect(told[0]).toMatchObject({ type: 'reset', reason: 'edited', lane: REWRITE });
    expect(told[0]?.fence).toBeGreaterThan(before.fence);
    expect(told[1]).toMatchObject({ type: 'token', offset: 0, content: edit });
    expect(told[2]).toMatchObject({ type: 'edited', version: version + 1, by: 'anna' });

    const events = await finish(projectId);
    const [resumed] = events.filter((event): event is LogEvent & { type: 'resumed' } => event.type === 'resumed');
    expect(resumed).toMatchObject({ lane: REWRITE, offset: Buffer.byteLength(edit), how: 'prefill' });
    const whole = textSeen(events, REWRITE);
    expect(whole.startsWith(edit)).toBe(true);
    expect(whole.length).toBeGreaterThan(edit.length);
    expect((await app.client.editable(projectId)).rewrite).toBe(whole);
    // What the provider was given, and what it gave, make the text, and nothing else does.
    const continued = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat')[1];
    const tokens = events.filter(
      (event) => event.type === 'token' && event.lane === REWRITE && event.fence === resumed?.fence,
    );
    expect(continued?.tokensSent).toBeGreaterThan(0);
    expect(edit + tokens.map((event) => (event.type === 'token' ? event.content : '')).join('')).toBe(whole);

    expect(await app.client.textEdits(projectId)).toEqual([
      {
        lane: REWRITE,
        version: version + 1,
        by: 'anna',
        at: expect.any(Date),
        fence: { before: before.fence, after: told[0]?.fence },
        commonPrefixBytes: 40,
        sha256: { before: sha256(text), after: sha256(edit) },
        previousText: text,
      },
    ]);
  });

  test('is gone on from also where Redis has lost it', async () => {
    const { projectId, text } = await halfWritten();
    const edit = `${text.slice(0, 30)} and then`;
    await app.client.edit(projectId, { text: { lane: 'rewrite', content: edit } });
    await app.client.edit(projectId, { text: { lane: 'rewrite', content: `${edit} again` } });
    await forget(projectId);
    const events = await finish(projectId);
    expect(textSeen(events, REWRITE).startsWith(`${edit} again`)).toBe(true);
    expect(await app.client.textEdits(projectId)).toHaveLength(2);
  });

  test('is gone on from also where a worker died with the lane before it wrote a word, or the run was cancelled then', async () => {
    const { projectId, text } = await halfWritten();
    const edit = `${text.slice(0, 30)} and then`;
    await app.client.edit(projectId, { text: { lane: 'rewrite', content: edit } });
    const claim = { projectId, lane: REWRITE, fence: fenceOf(Date.now(), 1), attempt: 1 };
    await claimLane({ dataSource }, claim, { lane: REWRITE });
    await dataSource.getRepository(Lane).update({ projectId, lane: REWRITE }, { status: 'cancelled' });
    expect((await app.client.editable(projectId)).text?.content).toBe(edit);
    const events = await finish(projectId);
    expect(textSeen(events, REWRITE).startsWith(edit)).toBe(true);
  });

  test('is there, and is gone on from without an edit, also where a worker died with the lane before it wrote a word', async () => {
    const { projectId, text } = await halfWritten();
    for (const attempt of [1, 2]) {
      const claim = { projectId, lane: REWRITE, fence: fenceOf(Date.now(), attempt), attempt };
      await claimLane({ dataSource }, claim, { lane: REWRITE });
    }
    await dataSource.getRepository(Lane).update({ projectId, lane: REWRITE }, { status: 'cancelled' });
    expect((await app.client.editable(projectId)).text?.content).toBe(text);
    const events = await finish(projectId);
    const resumed = events.find(({ type }) => type === 'resumed');
    expect(resumed).toMatchObject({ lane: REWRITE, how: 'prefill' });
    const whole = textSeen(events, REWRITE);
    const kept = Buffer.from(whole)
      .subarray(0, (resumed as { offset: number }).offset)
      .toString();
    expect(text.startsWith(kept)).toBe(true);
    expect(kept.length).toBeGreaterThan(text.length / 2);
    const calls = await dataSource.getRepository(ModelUsage).findBy({ projectId, lane: REWRITE });
    expect(calls.map(({ wastedTokens }) => wastedTokens)).toEqual([0, 0]);
  });

  async function forget(projectId: ProjectId): Promise<void> {
    await withRedis(fromSetup('STORYREEL_TEST_REDIS_URL'), 5_000, async (redis) => {
      await redis.del(keys.log(projectId), keys.lanes(projectId), keys.text(projectId, REWRITE));
    });
  }
});
