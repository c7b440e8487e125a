import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';

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
