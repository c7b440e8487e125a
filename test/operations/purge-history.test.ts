import { WorkflowNotFoundError } from '@temporalio/client';
import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { until } from '../support/until';

describe('Deleting a project and what Temporal holds of it', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  async function twoRuns(): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    for (const force of [false, true]) {
      await app.client.start(projectId, { stages: ['rewrite'], force });
      await watchToEnd(app.client, projectId);
    }
    return projectId;
  }

  const isKnown = (projectId: ProjectId) =>
    withTemporal(app.config, async (temporal) => {
      for await (const _run of temporal.workflow.list({ query: `WorkflowId = 'story-${projectId}'` })) return true;
      return workflowOf(temporal, projectId)
        .describe()
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof WorkflowNotFoundError) return false;
            throw error;
          },
        );
    });

  test('removes the histories of all of its runs where that is asked for, also of one that was deleted before', async () => {
    const [one, other] = await Promise.all([twoRuns(), twoRuns()]);
    await app.client.delete(one, { purgeHistory: true });
    await app.client.delete(other);
    expect(await isKnown(other)).toBe(true);
    await app.client.delete(other, { purgeHistory: true });
    for (const projectId of [one, other]) {
      await until('the histories are gone', async () => !(await isKnown(projectId)));
      await expect(app.client.status(projectId)).rejects.toMatchObject({ type: 'Project.NotFound' });
    }
    const again = app.client.delete(one, { purgeHistory: true });
    await expect(again).rejects.toMatchObject({ type: 'Project.NotFound' });
  });
});
