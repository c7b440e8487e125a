import type { ProjectId } from '../../src/protocol';
import { startAppWithoutRedis } from '../support/redis-away';
import type { TestApp } from '../support/services';
import { ownTopic, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { until } from '../support/until';

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
