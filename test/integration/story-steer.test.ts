import type { LaneId, ProjectId, StageName, StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { isAtGate, ownTopic, sha256, textSeen, typesOf, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A person who steers a run', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
  });
  afterAll(() => app.close());

  async function begin(topic: string, gates?: readonly StageName[], scenes = 1): Promise<ProjectId> {
    const projectId = await app.client.create({ topic, settings: { scenes } });
    await app.client.start(projectId, gates ? { gates } : {});
    return projectId;
  }

  async function laneIs(projectId: ProjectId, lane: string, status: string): Promise<boolean> {
    const { lanes } = await app.client.status(projectId);
    return lanes.some((row) => row.lane === lane && row.status === status);
  }

  const inMidSentence = (event: StoryEvent) =>
    event.type === 'token' && event.lane === 'rewrite' && event.offset + event.content.length > 60;

  test('pauses in mid-sentence, and resumes from exactly there', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await begin(topic);
    const all = watchToEnd(app.client, projectId);
    await watchUntil(app.client, projectId, inMidSentence);
    await app.client.pause(projectId, { now: true });
    await until('rows state it', () => laneIs(projectId, 'rewrite', 'paused'));
    const paused = await app.client.status(projectId);
    expect(paused.status).toBe('paused');
    expect(paused.stages[0]).toMatchObject({ stage: 'rewrite', status: 'paused' });
    await expect(app.client.pause(projectId)).rejects.toMatchObject({ type: 'Message.Stale' });
    await app.client.resume(projectId);
    const events = await all;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(typesOf(events)).not.toContain('reset');
    expect(events.filter(({ type }) => type === 'resumed')).toHaveLength(1);
    const text = textSeen(events, 'rewrite');
    const done = events.find((event) => event.type === 'done' && event.lane === 'rewrite');
    expect(done).toMatchObject({ metadata: { sha256: sha256(text) }, verified: true });
    const updates = events.flatMap((event) =>
      event.type === 'stage_update' ? [`${event.stage} ${event.status}`] : [],
    );
    expect(updates).toEqual(expect.arrayContaining(['pipeline paused', 'rewrite paused', 'pipeline processing']));
  });

  test('turns a storyboard down, and the model is notified why', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await begin(topic, ['storyboard']);
    const all = watchToEnd(app.client, projectId);
    await watchUntil(app.client, projectId, isAtGate);
    const waiting = await app.client.status(projectId);
    expect(waiting.status).toBe('awaiting_approval');
    expect(waiting.stages.find(({ stage }) => stage === 'storyboard')?.status).toBe('awaiting_approval');
    const lanes = await app.client.reject(projectId, 'storyboard', { reason: 'there must be a dog in it' });
    expect(lanes).toEqual(['storyboard']);
    await until('it waits again', async () => {
      const asked = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
      // The run itself: its rows follow a moment later, and may still be those of before.
      return asked.length === 3 && (await app.client.runStatus(projectId))?.status === 'awaiting_approval';
    });
    await app.client.approve(projectId, 'storyboard');
    const events = await all;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter((event) => event.type === 'reset' && event.lane === 'storyboard')).toHaveLength(1);
    // What was turned down stays part of what the storyboard is made from: the next run uses it again.
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    expect((await studio.requests(mark)).filter(({ kind }) => kind === 'chat')).toHaveLength(4);
  });

  test('continues without a lane that nobody can make, and the stage ends with those that are made', async () => {
    const { topic, mark } = ownTopic();
    // Else no picture may be of it, and the fault would strike none.
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 400 }, 1);
    const projectId = await begin(topic, undefined, 2);
    const all = watchToEnd(app.client, projectId);
    const parked = await until('an image is parked', async () =>
      (await app.client.status(projectId)).lanes.find(({ status }) => status === 'needs_attention'),
    );
    expect(await app.client.skip(projectId, parked.lane)).toEqual([parked.lane]);
    const events = await all;
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_done' });
    expect(events.find(({ type, stage }) => type === 'stage_completed' && stage === 'image_generation')).toMatchObject({
      metadata: { completed: 1, skipped: 1, total: 2 },
    });
    const clip = parked.lane.replace('image_generation', 'video_generation') as LaneId;
    const ended = await app.client.status(projectId);
    expect(ended.status).toBe('completed');
    expect(ended.lanes.filter(({ status }) => status === 'skipped').map(({ lane }) => lane)).toEqual([
      parked.lane,
      clip,
    ]);
  });

  test('stops one lane and has it tried again', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await begin(topic);
    const all = watchToEnd(app.client, projectId);
    await watchUntil(app.client, projectId, inMidSentence);
    expect(await app.client.cancelLane(projectId, 'rewrite')).toEqual(['rewrite']);
    await until('rows state it', () => laneIs(projectId, 'rewrite', 'cancelled'));
    expect((await app.client.status(projectId)).status).toBe('needs_attention');
    await app.client.retry(projectId, 'rewrite');
    const events = await all;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'attention')).toHaveLength(1);
  });

  test('has only some of it made', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 2 } });
    await app.client.start(projectId, { stages: ['rewrite', 'storyboard'] });
    await watchToEnd(app.client, projectId);
    expect((await studio.requests(mark)).map(({ kind }) => kind)).toEqual(['chat', 'chat']);
    await app.client.start(projectId, { scenes: [2] });
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'item_completed')).toHaveLength(3);
    expect((await app.client.status(projectId)).film).toBeUndefined();
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    expect((await app.client.status(projectId)).film).toMatchObject({ scenes: 2 });
    await app.client.start(projectId, { stages: ['film'] });
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  });
});
