import type { LogEvent, ProjectId, StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { isAtGate, ownTopic, textSeen, watchText, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A run that is edited while it is live', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
  });
  afterAll(() => app.close());

  function expectEnded(events: readonly StoryEvent[]): void {
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const verdicts = events.flatMap((event) => (event.type === 'done' ? [event.verified] : []));
    expect(new Set(verdicts)).toEqual(new Set([true]));
  }

  async function expectAllMade(projectId: ProjectId, scenes: number): Promise<void> {
    const { status, lanes, film } = await app.client.status(projectId);
    expect(status).toBe('completed');
    expect(lanes).toHaveLength(3 + 3 * scenes);
    expect(lanes.filter((lane) => lane.status !== 'completed')).toEqual([]);
    expect(film?.scenes).toBe(scenes);
    // The film is the one of the scenes as they are.
    const { lanes: explained } = await app.client.explain(projectId);
    expect(explained.filter(({ reason }) => reason !== 'reused')).toEqual([]);
  }

  test('makes the film of the scenes as a person has left them at a gate', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 3 } });
    await app.client.start(projectId, { gates: ['storyboard'] });
    const all = watchToEnd(app.client, projectId);
    await watchUntil(app.client, projectId, isAtGate);
    const add = [{ narration: 'The end.', visual_prompt: 'A dark lamp.', camera: { movement: 'static' } }];
    await app.client.edit(projectId, { order: [3, 1], remove: [2], add });
    await app.client.edit(projectId, { scenes: [{ scene_number: 1, narration: 'It begins.' }], add });
    await app.client.approve(projectId, 'storyboard');
    const events = await all;
    expectEnded(events);
    const edited = events.findIndex(({ type }) => type === 'edited');
    const next = events[edited + 1];
    expect(next?.type === 'snapshot' && next.scenes.map(({ narration }) => narration).at(-1)).toBe('The end.');
    await expectAllMade(projectId, 4);
    const { scenes } = await app.client.editable(projectId);
    expect(scenes.map(({ narration }) => narration)).toEqual([
      'It begins.',
      scenes[1]?.narration,
      'The end.',
      'The end.',
    ]);
    expect(scenes[3]?.camera).toEqual({ movement: 'static', speed: 'medium' });
  });

  test('continues from a text that a person has changed in mid-sentence, while it was paused', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 60 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    const all = watchToEnd(app.client, projectId);
    await watchText(app.client, projectId, 120);
    await app.client.pause(projectId, { now: true });
    await until('it is at rest', async () => (await app.client.status(projectId)).lanes[0]?.status === 'paused');
    const { version, text } = await app.client.editable(projectId);
    const content = `${text?.content.slice(0, 25)}… and then the lamp`;
    await app.client.edit(projectId, { text: { lane: 'rewrite', content } }, { version });
    await app.client.resume(projectId);
    const events = await all;
    expectEnded(events);
    const ofRewrite = events.filter(
      (event): event is LogEvent => event.type !== 'snapshot' && event.lane === 'rewrite',
    );
    expect(ofRewrite.find(({ type }) => type === 'reset')).toMatchObject({ reason: 'edited' });
    expect(ofRewrite.find(({ type }) => type === 'resumed')).toMatchObject({ offset: Buffer.byteLength(content) });
    const whole = textSeen(events, 'rewrite');
    expect(whole.startsWith(content) && whole.length > content.length).toBe(true);
    expect((await app.client.editable(projectId)).rewrite).toBe(whole);
    await expectAllMade(projectId, 1);
  });

  test('loses nothing when scenes change places and go while their images are drawn', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    const projectId = await app.client.create({ topic, settings: { scenes: 3 } });
    await studio.misbehave(mark, 'image', { hold: 0 }, 3);
    await app.client.start(projectId);
    const all = watchToEnd(app.client, projectId);
    await until('images are drawn', async () => {
      const asked = (await studio.requests(mark)).filter(({ kind }) => kind === 'image');
      return asked.length === 3;
    });
    await app.client.edit(projectId, { order: [3, 1], remove: [2] });
    await studio.release(mark);
    expectEnded(await all);
    await expectAllMade(projectId, 2);
    const drawn = (await studio.requests(mark)).filter(({ kind, replayed }) => kind === 'image' && !replayed);
    expect(drawn).toHaveLength(3);
  });
});
