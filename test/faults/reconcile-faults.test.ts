import { Project } from '../../src/entities';
import { isTerminal, workflowIdOf, type ProjectId } from '../../src/protocol';
import { createOwnDatabase } from '../support/own-database';
import { eventsInLog } from '../support/raw-log';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { stick } from '../support/stuck-project';
import { StudioControl } from '../support/studio-control';

describe('The reconciler, where things are worse than they should be', () => {
  let app: TestApp;
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  const studio = new StudioControl();
  const now = { graceSeconds: 0 };

  beforeAll(async () => {
    database = await createOwnDatabase();
    app = await startApp({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  /** A run whose text comes so slowly that it is under way until it is stopped. */
  async function streaming(): Promise<ProjectId> {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { tokensPerSecond: 2 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchUntil(app.client, projectId, ({ type }) => type === 'token');
    return projectId;
  }

  test('notifies viewers how the lanes of a gone run have ended, as its own transaction has closed them', async () => {
    const projectId = await streaming();
    await withTemporal(app.config, (temporal) => workflowOf(temporal, projectId).terminate('a deploy'));
    expect((await app.client.reconcile(now)).runs.repaired).toMatchObject([{ projectId, now: 'failed' }]);
    const told = await eventsInLog(app.config.REDIS_URL, projectId);
    const [lane, end] = told.filter((event) => event.type === 'stage_update' || isTerminal(event)).slice(-2);
    expect(lane).toMatchObject({ lane: 'rewrite', status: 'failed' });
    expect(end).toMatchObject({ type: 'pipeline_error' });
  });

  test('names a project that it cannot repair, and repairs the others', async () => {
    const projects = database.dataSource.getRepository(Project);
    const gone = () => projects.save({ name: 'x', topic: 'x', status: 'processing' });
    const [first, stuck, last] = [await gone(), await gone(), await gone()];
    const loosen = await stick(database.dataSource, stuck.id);
    const { runs, media } = await app.client.reconcile(now);
    expect(runs.failed).toEqual([{ projectId: stuck.id, was: 'processing', why: 'this row is stuck' }]);
    expect(runs.repaired.map(({ projectId }) => projectId).sort()).toEqual([first.id, last.id].sort());
    expect(media.missing).toBe(0);
    await loosen();
    expect((await app.client.reconcile(now)).runs).toMatchObject({ failed: [], repaired: [{ projectId: stuck.id }] });
  });

  test('names a run whose project is gone, which cancel ends', async () => {
    const projectId = await streaming();
    // As after a restore of a backup from before the project.
    await database.dataSource.getRepository(Project).delete({ id: projectId });
    expect((await app.client.reconcile(now)).runs.strays).toEqual([workflowIdOf(projectId)]);
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    await withTemporal(app.config, async (temporal) => {
      const handle = workflowOf(temporal, projectId);
      await handle.result().catch(() => undefined);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
    expect((await app.client.reconcile(now)).runs.strays).toEqual([]);
    await expect(app.client.cancel(projectId)).rejects.toMatchObject({ type: 'Project.NotFound' });
  });
});
