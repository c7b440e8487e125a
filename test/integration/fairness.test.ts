import type { NewProject, ProjectId } from '../../src/client';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

/** On one place for texts, which a story holds until so many others wait for it. */
describe('Where many stories wait for one place', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ TEXT_CONCURRENCY: '1' });
  });
  afterAll(() => app.close());

  /** Who asks the provider, in that order, when all of them have waited for their first text. */
  async function orderOf(stories: readonly { owner: string; name: string; priority?: 1 | 5 }[]): Promise<string[]> {
    const { topic, mark } = ownTopic();
    await studio.misbehave(`${mark} holds the place`, 'chat', { stall: 1 });
    // Their first text is also their last.
    await studio.misbehave(`${mark} waits`, 'chat', { status: 400 }, stories.length);
    const create = (input: NewProject) => app.client.create({ ...input, settings: { scenes: 1 } });
    const holder = await create({ topic: `${topic} holds the place` });
    await app.client.start(holder);
    await until('the place is taken', async () => (await studio.requests(`${mark} holds`)).length === 1);
    const waiting: ProjectId[] = [];
    for (const { owner, name, priority } of stories) {
      const id = await create({ topic: `${topic} waits ${name}.`, owner });
      await app.client.start(id, { onFailure: 'fail', ...(priority && { priority }) });
      waiting.push(id);
    }
    await withTemporal(app.config, async (client) => {
      for (const id of waiting) {
        await until('its text is asked for', async () => {
          const { pendingActivities } = (await workflowOf(client, id).describe()).raw;
          return pendingActivities?.some(({ activityId }) => activityId === 'rewrite');
        });
      }
    });
    await app.client.cancel(holder);
    const asked = stories.map(async ({ name }) => {
      const request = await until(
        `${name} is served`,
        async () => (await studio.requests(`${mark} waits ${name}.`))[0],
      );
      return { name, id: request.id };
    });
    return (await Promise.all(asked)).sort((a, b) => a.id - b.id).map(({ name }) => name);
  }

  test('one owner does not wait until all of another are served', async () => {
    const many = Array.from({ length: 8 }, (_, i) => ({ owner: 'Ada', name: `a${i}` }));
    const order = await orderOf([...many, { owner: 'Ben', name: 'b0' }, { owner: 'Ben', name: 'b1' }]);
    expect(order).toHaveLength(10);
    // In turns, but for the one that the worker had asked for before.
    expect(order.indexOf('b0')).toBeLessThan(4);
    expect(order.indexOf('b1')).toBeLessThan(6);
  });

  test('those of priority 1 are served before those of priority 5, whoever came first', async () => {
    const order = await orderOf([
      { owner: 'Ada', name: 'late0', priority: 5 },
      { owner: 'Ada', name: 'late1', priority: 5 },
      { owner: 'Ada', name: 'normal' },
      { owner: 'Ada', name: 'soon', priority: 1 },
    ]);
    expect(order.slice(0, 2)).toEqual(['soon', 'normal']);
  });
});
