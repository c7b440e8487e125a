import { claimLane } from '../../src/activities/lanes/lane-store';
import { publishRunStatus, rejectLanes } from '../../src/activities/runs/run-status';
import { createDataSource, Lane, lockProject } from '../../src/entities';
import { fenceOf, laneId, type ProjectId, type StoryEvent, type StoryreelError } from '../../src/protocol';
import { withActivityDeps } from '../support/activity-deps';
import { asAttempt } from '../support/as-attempt';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A stage that is made again after a rejection', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('is announced anew: how far it is, each of its items, and its end after all of them', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    const stage = 'camera_movement';
    await app.client.start(projectId, { stages: ['rewrite', 'storyboard', stage], gates: [stage] });
    const atGate = ({ type }: StoryEvent) => type === 'awaiting';
    await watchUntil(app.client, projectId, atGate);
    let isRejected = false;
    const seen = watchUntil(app.client, projectId, (event) => {
      // The first one is a snapshot of the gate.
      if (event.type === 'snapshot') void app.client.reject(projectId, stage, { reason: 'slower' });
      isRejected ||= event.type === 'progress';
      return isRejected && atGate(event);
    });
    const told = (await seen).filter((event) => event.type !== 'snapshot' && event.stage === stage);
    const of = (...types: string[]) => told.filter(({ type }) => types.includes(type));
    expect(of('progress')).toMatchObject([
      { current: 1, total: 2 },
      { current: 2, total: 2 },
    ]);
    expect(of('item_completed', 'stage_completed').map(({ type }) => type)).toEqual([
      'item_completed',
      'item_completed',
      'stage_completed',
    ]);
    await app.client.cancel(projectId);
  });

  const awaiting = (projectId: ProjectId) =>
    until('the gate waits', async () => (await app.client.status(projectId)).status === 'awaiting_approval');

  test('is another one also if the reason is the same again', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    const reject = () => app.client.reject(projectId, 'rewrite', { reason: 'too dark' });
    for (const calls of [1, 2, 3]) {
      await until(`${calls} calls`, async () => (await new StudioControl().requests(mark)).length === calls);
      const isRejected = () => reject().then(Boolean, (error: StoryreelError) => error.type !== 'Message.Stale');
      if (calls < 3) await until('the gate waits', isRejected);
    }
    await app.client.cancel(projectId);
  });

  test('is not made again where somebody writes its text before the run has acted on the rejection', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await awaiting(projectId);
    const { version } = await app.client.editable(projectId);
    const dataSource = createDataSource({ url: app.config.DATABASE_URL, poolSize: 3 });
    await dataSource.initialize();
    const waiting = async () => {
      const [row] = await dataSource.query<[{ count: number }]>(
        `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND pid IN
           (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`,
      );
      return row.count;
    };
    const rewrite = 'The keeper wrote this herself.';
    // The edit and the step of the rejection wait for the project, in this order.
    const { edited, lanes } = await dataSource.transaction(async (manager) => {
      await lockProject(manager, projectId);
      const edited = app.client.edit(projectId, { rewrite });
      await until('the edit waits', async () => (await waiting()) === 1);
      const lanes = await app.client.reject(projectId, 'rewrite', { reason: 'too dark', version });
      await until('the step waits', async () => (await waiting()) > 1);
      return { edited, lanes };
    });
    expect(lanes).toEqual(['rewrite']);
    const after = (await edited).version;
    await expect(app.client.reject(projectId, 'rewrite', { reason: 'too dark', version })).rejects.toMatchObject({
      type: 'Project.Conflict',
      message: expect.stringContaining(`version ${after}`),
    });
    // Who has read the text may reject it.
    const isTaken = (sent: Promise<unknown>) =>
      sent.then(Boolean, (error: StoryreelError) => error.type !== 'Message.Stale');
    await until('the gate waits again', async () => {
      expect(await app.client.editable(projectId)).toMatchObject({ rewrite, version: after });
      return isTaken(app.client.reject(projectId, 'rewrite', { reason: 'too dark', version: after }));
    });
    await until('it is made again', () => isTaken(app.client.approve(projectId, 'rewrite')));
    expect(await new StudioControl().requests(mark)).toHaveLength(2);
    await dataSource.destroy();
  });

  test('stays in work if an earlier attempt at its rejection, or at a pause before that, wakes up', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await awaiting(projectId);
    const lane = laneId('rewrite');
    const at = Date.now();
    const rows = await withActivityDeps(app.config, async (deps) => {
      const late = <T>(step: () => Promise<T>) => asAttempt(projectId, at, step);
      const reject = () => rejectLanes(deps, { projectId, lanes: [lane], reason: 'too dark' });
      await late(reject);
      await claimLane(deps, { projectId, lane, fence: fenceOf(Date.now(), 1), attempt: 1 }, { lane });
      await late(reject);
      await late(() => publishRunStatus(deps, { projectId, runId, status: 'paused', paused: [lane], gates: [] }));
      return deps.dataSource.getRepository(Lane).findBy({ projectId, lane });
    });
    expect(rows).toMatchObject([{ status: 'processing', feedback: ['too dark'] }]);
    await app.client.cancel(projectId);
  });
});
