import { ModelUsage } from '../../src/entities';
import type { LogEvent, ProjectId, StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { isParked, ownTopic, sha256, textSeen, typesOf, watchText, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { rowsOf } from '../support/app-rows';

describe('Where the provider continues from a text that was cut off', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill', INTER_CHUNK_TIMEOUT_MS: '3000' });
  });
  afterAll(() => app.close());

  async function film(topic: string, scenes = 1): Promise<{ projectId: ProjectId; events: StoryEvent[] }> {
    const projectId = await app.client.create({ topic, settings: { scenes } });
    await app.client.start(projectId);
    return { projectId, events: await watchToEnd(app.client, projectId) };
  }

  /** Its storyboard was refused for good. */
  async function parkedByRefusals(): Promise<ProjectId> {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'chat', { text: 'I am sorry, but I cannot make a storyboard for that.' }, 3);
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchUntil(app.client, projectId, isParked);
    return projectId;
  }

  function resumed(events: readonly StoryEvent[], lane: string): LogEvent & { type: 'resumed' } {
    const found = events.find((event) => event.type === 'resumed' && event.lane === lane);
    if (found?.type !== 'resumed') throw new Error(`${lane} was not gone on from`);
    return found;
  }

  function expectVerified(events: readonly StoryEvent[], lane: string): string {
    const text = textSeen(events, lane);
    expect(events.findLast((event) => event.type === 'done' && event.lane === lane)).toMatchObject({
      metadata: { length: Buffer.byteLength(text), sha256: sha256(text) },
      verified: true,
    });
    return text;
  }

  test.each([
    ['prose, after a cut connection', 'a lighthouse keeper who collects storms', { cut: 60 }],
    ['prose, after a stall', 'a lighthouse keeper who collects storms', { stall: 60 }],
    ['Chinese prose', '一个收集风暴的灯塔看守人', { cut: 60 }],
  ])('it is not made again: %s', async (_, about, fault) => {
    const { topic, mark } = ownTopic(about);
    await studio.misbehave(mark, 'chat', fault);
    const { projectId, events } = await film(topic);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const { offset } = resumed(events, 'rewrite');
    expect(offset).toBeGreaterThan(20);
    expect(typesOf(events)).not.toContain('reset');
    const text = expectVerified(events, 'rewrite');

    // The stand-in's answer to a prompt is always the same, so the joined text must be the one of an unbroken stream.
    const [first, second] = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
    expect(first?.tokensSent).toBe(60);
    expect(second?.tokensSent).toBeLessThan(text.length);
    const whole = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(whole);
    expect(textSeen(await watchToEnd(app.client, whole), 'rewrite')).toBe(text);

    const dataSource = await rowsOf(app);
    const usage = await dataSource.getRepository(ModelUsage).findBy({ projectId, lane: 'rewrite' });
    expect(usage).toHaveLength(2);
    expect(usage.map(({ wastedTokens }) => wastedTokens)).toEqual([0, 0]);
  });

  test('a half-written storyboard is gone on from, and is valid', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { cut: 120 });
    const { events } = await film(topic, 3);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(resumed(events, 'storyboard').offset).toBeGreaterThan(100);
    const { scenes } = JSON.parse(expectVerified(events, 'storyboard')) as { scenes: unknown[] };
    expect(scenes).toHaveLength(3);
  });

  test('cut twice, it is gone on from twice', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { cut: 40 }, 2);
    const { events } = await film(topic);
    const offsets = events.flatMap((event) => (event.type === 'resumed' ? [event.offset] : []));
    expect(offsets).toHaveLength(2);
    expect(offsets[1]).toBeGreaterThan(offsets[0] ?? 0);
    expectVerified(events, 'rewrite');
  });

  test('an answer that could not be used is begun anew', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { bad_json: 'missing_field' });
    const { events } = await film(topic);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.find(({ type }) => type === 'reset')).toMatchObject({ lane: 'storyboard' });
    expect(typesOf(events)).not.toContain('resumed');
  });

  test('an answer that was refused for good is begun anew by a retry as well', async () => {
    const projectId = await parkedByRefusals();
    const events = await watchUntil(
      app.client,
      projectId,
      ({ type }) => type === 'pipeline_done',
      () => app.client.retry(projectId, 'storyboard'),
    );
    expect(typesOf(events)).not.toContain('resumed');
    expectVerified(events, 'storyboard');
  });

  test('an answer that was refused for good is begun anew by another run as well', async () => {
    const projectId = await parkedByRefusals();
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    // The rewrite is used again.
    expect(events.filter(({ type }) => type === 'resumed').map(({ stage }) => stage)).toEqual(['rewrite']);
    expectVerified(events, 'storyboard');
  });

  test('a start after a cancel continues from there, and a forced one begins anew', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchText(app.client, projectId, 80);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(resumed(events, 'rewrite').offset).toBeGreaterThan(20);
    const text = expectVerified(events, 'rewrite');

    await app.client.start(projectId, { force: true });
    const again = await watchToEnd(app.client, projectId);
    expect(again.find((event) => event.type === 'reset' && event.lane === 'rewrite')).toMatchObject({
      reason: 'rerun',
    });
    expect(expectVerified(again, 'rewrite')).toBe(text);
  });
});
