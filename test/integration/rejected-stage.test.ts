import type { DataSource } from 'typeorm';
import { claimLane } from '../../src/activities/lanes/lane-store';
import { publishRunStatus, rejectLanes } from '../../src/activities/runs/run-status';
import { publishStageProgress } from '../../src/activities/runs/stage-progress';
import { createDataSource, Lane, lockProject } from '../../src/entities';
import { fenceOf, laneId, type LaneId, type ProjectId, type StoryEvent, type StoryreelError } from '../../src/protocol';
import type { EventLog, PublishRequest } from '../../src/stream';
import { withActivityDeps } from '../support/activity-deps';
import { asAttempt } from '../support/as-attempt';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A stage that is made again after a rejection', () => {
  let app: TestApp;
  let rows: DataSource;
  beforeAll(async () => {
    app = await startApp();
    rows = await createDataSource({ url: app.config.DATABASE_URL, poolSize: 3 }).initialize();
  });
  afterAll(async () => {
    await rows.destroy();
    await app.close();
  });

  /** How many statements wait for a lock. */
  const waiting = async () => {
    const [row] = await rows.query<[{ count: number }]>(
      `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND pid IN
         (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`,
    );
    return row.count;
  };

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
    const rewrite = 'The keeper wrote this herself.';
    // The edit and the step of the rejection wait for the project, in this order.
    const { edited, lanes } = await rows.transaction(async (manager) => {
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
  });

  test('stays in work if an earlier attempt at its rejection, or at a pause before that, wakes up', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await awaiting(projectId);
    const lane = laneId('rewrite');
    const at = Date.now();
    const found = await withActivityDeps(app.config, async (deps) => {
      const late = <T>(step: () => Promise<T>) => asAttempt(projectId, at, step);
      const reject = () => rejectLanes(deps, { projectId, lanes: [lane], reason: 'too dark' });
      await late(reject);
      await claimLane(deps, { projectId, lane, fence: fenceOf(Date.now(), 1), attempt: 1 }, { lane });
      await late(reject);
      await late(() => publishRunStatus(deps, { projectId, runId, status: 'paused', paused: [lane], gates: [] }));
      return deps.dataSource.getRepository(Lane).findBy({ projectId, lane });
    });
    expect(found).toMatchObject([{ status: 'processing', feedback: ['too dark'] }]);
    await app.client.cancel(projectId);
  });

  test.each(['before the stage is made again', 'after it'])(
    'shows nothing old if a step that has counted before the rejection wakes %s',
    async (when) => {
      const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
      const stage = 'camera_movement';
      const { runId } = await app.client.start(projectId, { stages: ['rewrite', 'storyboard', stage], gates: [stage] });
      await awaiting(projectId);
      const lanes = [laneId(stage, 1), laneId(stage, 2)] as const;
      const { next } = await app.client.events.page(projectId);
      await withActivityDeps(app.config, async (deps) => {
        const announce = async (lane: LaneId, log = deps.log) => {
          const { fence } = await rows.getRepository(Lane).findOneByOrFail({ projectId, lane });
          await publishStageProgress({ ...deps, log }, { projectId, lane, runId, fence });
        };
        // Viewers were away while the stage ended, so none of its marks is there.
        const forget = () =>
          deps.log.keep(projectId).then(
            () => true,
            () => false,
          );
        await until('its marks are gone', forget);
        let wake = (): void => undefined;
        const awake = new Promise<void>((resolve) => (wake = resolve));
        let hasCounted = false;
        const frozen = Object.create(deps.log, {
          publish: {
            value: async (request: PublishRequest) => {
              hasCounted = true;
              await awake;
              return deps.log.publish(request);
            },
          },
        }) as EventLog;
        const late = announce(lanes[0], frozen);
        await until('it has counted', () => hasCounted);
        await asAttempt(projectId, Date.now(), () => rejectLanes(deps, { projectId, lanes, reason: 'slower' }));
        if (when === 'after it') {
          const made = fenceOf(Date.now() + 1, 1);
          await rows.query(`UPDATE lanes SET status = 'completed', fence = $2 WHERE project_id = $1 AND stage = $3`, [
            projectId,
            made,
            stage,
          ]);
          for (const lane of lanes) await announce(lane);
        }
        wake();
        await late;
      });
      const { events } = await app.client.events.page(projectId, { after: next });
      const told = events
        .filter((event) => event.stage === stage)
        .map((event) => (event.type === 'progress' ? event.current : event.type));
      expect(told).toEqual(when === 'after it' ? [1, 2, 'stage_completed'] : []);
      await app.client.cancel(projectId);
    },
  );

  test.each(['run_fence', 'fence'])(
    'is made again for its reason, once, if the clock of Temporal was set back behind its %s',
    async (column) => {
      const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
      await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
      await awaiting(projectId);
      const lane = laneId('rewrite');
      const at = Date.now();
      const ahead = at + 60_000;
      const set = (ms: number) =>
        rows.query(
          column === 'fence'
            ? 'UPDATE project_stages SET fence = $2 WHERE project_id = $1'
            : 'UPDATE projects SET run_fence = $2 WHERE id = $1',
          [projectId, fenceOf(ms, 1)],
        );
      const attempt = (ms: number) =>
        withActivityDeps(app.config, (deps) =>
          asAttempt(projectId, at, () => rejectLanes(deps, { projectId, lanes: [lane], reason: 'too dark' }), ms),
        );
      await set(ahead);
      await expect(attempt(at)).rejects.toMatchObject({ type: 'Clock.WentBack' });
      // The clock has caught up. The answer of the attempt is lost, so there is another one.
      for (const ms of [ahead + 1, ahead + 2]) await attempt(ms);
      const { feedback } = await rows.getRepository(Lane).findOneByOrFail({ projectId, lane });
      expect(feedback).toEqual(['too dark']);
      await set(at);
      await app.client.cancel(projectId);
    },
  );

  test('is not approved for a person who has read an older text', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await awaiting(projectId);
    const { version } = await app.client.editable(projectId);
    // The edit and the approval wait for the project, in this order.
    const [edited, approved] = await rows.transaction(async (manager) => {
      await lockProject(manager, projectId);
      const edited = app.client.edit(projectId, { rewrite: 'The keeper wrote this herself.' });
      await until('the edit waits', async () => (await waiting()) === 1);
      const approved = app.client.approve(projectId, 'rewrite', { version }).catch((error: unknown) => error);
      await until('the approval waits', async () => (await waiting()) > 1);
      return [edited, approved] as const;
    });
    const after = (await edited).version;
    const refused = { type: 'Project.Conflict', message: expect.stringContaining(`this approval was made of`) };
    expect(await approved).toMatchObject(refused);
    await expect(app.client.approve(projectId, 'rewrite', { version })).rejects.toMatchObject(refused);
    await until('the gate waits again', async () => {
      const sent = app.client.approve(projectId, 'rewrite', { version: after });
      return sent.then(Boolean, (error: StoryreelError) => error.type !== 'Message.Stale');
    });
  });
});
