import { reasonText } from '../../src/client/internal';
import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('An odd answer', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ MAX_TEXT_BYTES: '1000' });
  });
  afterAll(() => app.close());

  const parked = (projectId: ProjectId) =>
    until('a parked lane', async () =>
      (await app.client.status(projectId)).lanes.find(({ status }) => status === 'needs_attention'),
    );

  test('that cannot be used is asked for three times at most, also where the provider refuses in between', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: `A short tale of ${mark}.` });
    for (let i = 0; i < 2; i++) {
      await studio.misbehave(mark, 'chat', { bad_json: 'not_json' });
      await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 0.1 });
    }
    await studio.misbehave(mark, 'chat', { bad_json: 'not_json' });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    expect(await parked(projectId)).toMatchObject({
      lane: 'storyboard',
      error: {
        type: 'Output.Unusable',
        message: expect.stringMatching(/\. 3 calls of it were paid and are in no result\.$/),
      },
    });
    const { lanes } = await app.client.explain(projectId);
    const explained = lanes.find(({ lane }) => lane === 'storyboard');
    expect(explained).toMatchObject({ reason: 'new', wasted: 3 });
    expect(explained && reasonText(explained)).toBe('new; 3 calls paid so far, without a result');
    expect(lanes.find(({ lane }) => lane === 'rewrite')).not.toHaveProperty('wasted');
  });

  test('that asks for fewer calls, again and again, is waited out', async () => {
    const { topic, mark } = ownTopic();
    // More often than a lane has attempts.
    await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 0.1 }, 9);
    await studio.misbehave(mark, 'chat', { text: `A short tale of ${mark} and the sea.` });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'] });
    const lane = await until('the end of the lane', async () =>
      (await app.client.status(projectId)).lanes.find(({ status }) =>
        ['completed', 'needs_attention'].includes(status),
      ),
    );
    expect(lane).toMatchObject({ lane: 'rewrite', status: 'completed', attempt: 2 });
  });

  test('that is too long is measured in bytes', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: '灯塔守护人收集暴风雨。'.repeat(40) });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'] });
    expect(await parked(projectId)).toMatchObject({ lane: 'rewrite', error: { type: 'Output.TooLong' } });
  });
});
