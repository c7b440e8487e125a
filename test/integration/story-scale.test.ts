import type { ProjectId } from '../../src/protocol';
import { startAppWithoutRedis } from '../support/redis-away';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A long story', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('of 12 scenes becomes a film of 12 clips, each paid once', async () => {
    const { topic } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 12 } });
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(await app.client.status(projectId)).toMatchObject({ status: 'completed', film: { scenes: 12 } });
    expect(await studio.jobsOf(projectId)).toHaveLength(12);
    const clips = events.filter((event) => event.type === 'item_completed' && event.item_type === 'video');
    expect(clips).toHaveLength(12);
  });
});

describe('While Redis is away', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startAppWithoutRedis();
  });
  afterAll(() => app.close());

  async function finished(projectId: ProjectId): Promise<boolean> {
    return (await app.client.status(projectId)).status === 'completed';
  }

  test('a film is made all the same, and a viewer who comes sees it whole', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await until('the film is made', () => finished(projectId));
    const events = await watching;
    expect(events.at(-1)).toMatchObject({ type: 'snapshot', status: 'completed', film: { scenes: 2 } });
    await withTemporal(app.config, (client) => workflowOf(client, projectId).terminate('the test is over'));
  });
});
