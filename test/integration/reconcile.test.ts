import type { Fault } from '../../dev/studio';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reconcileRuns } from '../../src/activities/reconcile/reconcile-runs';
import { prepareServices } from '../../src/cli/services';
import { examine } from '../../src/cli/services/examine';
import type { Config } from '../../src/config';
import { Lane, Project } from '../../src/entities';
import {
  isTerminal,
  reconcileScheduleOf,
  type BatchId,
  type ProjectId,
  type StoryEvent,
  laneId,
} from '../../src/protocol';
import { FolderStore } from '../../src/storage';
import type { EventLog } from '../../src/stream';
import { withActivityDeps } from '../support/activity-deps';
import { batchOf, batchToEnd } from '../support/batches';
import { createOwnDatabase } from '../support/own-database';
import { eventsInLog } from '../support/raw-log';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, watchText, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { CommandLine } from '../support/command-line';

/** A text that is under way for as long as somebody reads it. */
const STREAMING: Fault = { stall: 10 };

describe('The reconciler', () => {
  let app: TestApp;
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  const studio = new StudioControl();
  const now = { graceSeconds: 0 };

  beforeAll(async () => {
    database = await createOwnDatabase();
    const MEDIA_DIR = join(fromSetup('STORYREEL_TEST_FOLDER'), 'reconciled-media');
    app = await startApp({ DATABASE_URL: database.url, MEDIA_DIR });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function begin(fault?: Fault): Promise<ProjectId> {
    const { topic, mark } = ownTopic();
    if (fault) await studio.misbehave(mark, 'chat', fault);
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    return projectId;
  }

  async function film(): Promise<ProjectId> {
    const projectId = await begin();
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    return projectId;
  }

  const streaming = (projectId: ProjectId) => watchText(app.client, projectId);
  const endsInLog = async (projectId: ProjectId) =>
    (await eventsInLog(app.config.REDIS_URL, projectId)).filter(isTerminal);
  const terminate = (projectId: ProjectId, reason: string) =>
    withTemporal(app.config, (temporal) => workflowOf(temporal, projectId).terminate(reason));
  const ended = (projectId: ProjectId) =>
    withTemporal(app.config, (temporal) =>
      workflowOf(temporal, projectId)
        .result()
        .catch(() => undefined),
    );
  const setStatus = (id: ProjectId, status: Project['status']) =>
    database.dataSource.getRepository(Project).update({ id }, { status });
  const statusesOf = async (projectId: ProjectId) => {
    const { status, lanes, stages } = await app.client.status(projectId);
    return { status, rest: new Set([...lanes, ...stages].map((row) => row.status)) };
  };

  test('closes a terminated run with its reason, ends its viewers once, and the next start continues', async () => {
    const projectId = await begin(STREAMING);
    const viewer = watchToEnd(app.client, projectId);
    await streaming(projectId);
    await terminate(projectId, 'the wrong prompt');
    expect((await app.client.reconcile()).runs.fresh).toBeGreaterThan(0);
    expect((await app.client.status(projectId)).status).toBe('processing');

    const { runs } = await app.client.reconcile(now);
    const why = 'The run was terminated: the wrong prompt. Start it again.';
    expect(runs.repaired).toContainEqual({ projectId, was: 'processing', now: 'failed', why });
    expect(await app.client.status(projectId)).toMatchObject({
      status: 'failed',
      error: { type: 'Run.Gone', message: why },
    });
    expect(await statusesOf(projectId)).toEqual({ status: 'failed', rest: new Set(['failed']) });
    expect((await viewer).at(-1)).toMatchObject({ type: 'pipeline_error', error: why });
    expect((await app.client.reconcile(now)).runs.repaired).toEqual([]);
    expect(await endsInLog(projectId)).toHaveLength(1);

    await app.client.start(projectId);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  });

  test('closes projects that Temporal knows nothing of, any number, and states it', async () => {
    const projects = await database.dataSource
      .getRepository(Project)
      .save(Array.from({ length: 120 }, (_, i) => ({ name: `lost ${i}`, topic: 'x', status: 'queued' as const })));
    const lost = projects[0]?.id as ProjectId;
    await setStatus(lost, 'paused');
    await database.dataSource.getRepository(Lane).insert([
      { projectId: lost, lane: 'rewrite', stage: 'rewrite', status: 'completed' },
      { projectId: lost, lane: 'storyboard', stage: 'storyboard', status: 'paused' },
    ]);
    const shell = new CommandLine(() => app.config);
    await shell.run('reconcile', '--grace', '0');
    expect(shell.stdout).toMatch(/^120 projects show an open run: 0 have one, 120 were repaired/);
    expect(shell.stdout).toContain(`${lost}  paused → failed: The run is lost: Temporal knows nothing of it.`);
    expect(await statusesOf(lost)).toEqual({ status: 'failed', rest: new Set(['completed', 'failed']) });
  });

  test('leaves a run alone that is open, whatever its state', async () => {
    const streams = await begin(STREAMING);
    await streaming(streams);
    await setStatus(streams, 'awaiting_approval');
    const before = await app.client.status(streams);
    const { runs } = await app.client.reconcile(now);
    expect(runs).toMatchObject({ looked: 1, live: 1, repaired: [] });
    expect(await app.client.status(streams)).toEqual(before);
    await app.client.cancel(streams);
    await watchToEnd(app.client, streams);
    await ended(streams);
  });

  test('leaves what is queued to its batch while that continues, and closes it when the batch has gone', async () => {
    const { mark } = ownTopic();
    await studio.misbehave(`${mark} first`, 'chat', STREAMING);
    const projects = ['first', 'second'].map((name) => ({ topic: `fox ${mark} ${name}.`, settings: { scenes: 1 } }));
    const options = { batchId: `batch-${mark}`, atMost: 1, stages: ['rewrite'] } as const;
    const { batchId, projectIds } = await app.client.batch(projects, options);
    const [first, second] = projectIds as [ProjectId, ProjectId];
    await streaming(first);
    expect((await app.client.reconcile(now)).runs).toMatchObject({ looked: 2, live: 2, repaired: [] });
    expect((await app.client.status(second)).status).toBe('queued');
    const end = () => withTemporal(app.config, (temporal) => batchOf(temporal, batchId).terminate());
    await end();
    // Somebody starts it again at the moment of the question.
    const page = await withActivityDeps(app.config, (deps) => {
      const { runs } = deps;
      const isBatchOpen = async (id: BatchId) => {
        const answer = await runs.isBatchOpen(id);
        await app.client.batch([], options);
        return answer;
      };
      return reconcileRuns({ ...deps, runs: Object.assign(Object.create(runs) as typeof runs, { isBatchOpen }) }, now);
    });
    expect(page).toMatchObject({ live: 1, repaired: [] });
    await end();
    await app.client.cancel(first);
    await watchToEnd(app.client, first);
    const why = 'Its batch has ended before its turn came. Start the batch again.';
    const { repaired } = (await app.client.reconcile(now)).runs;
    expect(repaired).toEqual([{ projectId: second, was: 'queued', now: 'failed', why }]);
    await app.client.batch([], options);
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2 });
  });

  test.each([['start'], ['delete']] as const)(
    'changes nothing where a %s comes while it asks Temporal',
    async (what) => {
      const projectId = await begin(STREAMING);
      await streaming(projectId);
      await terminate(projectId, 'a deploy');
      const asked: ProjectId[] = [];
      const page = await withActivityDeps(app.config, async (deps) => {
        const { runs } = deps;
        const newestRun = async (id: ProjectId) => {
          const answer = await runs.newestRun(id);
          asked.push(id);
          if (what === 'start') await app.client.start(projectId);
          else await app.client.delete(projectId);
          return answer;
        };
        return reconcileRuns({ ...deps, runs: Object.assign(Object.create(runs) as typeof runs, { newestRun }) }, now);
      });
      expect(asked).toEqual([projectId]);
      expect(page).toMatchObject({ looked: 1, live: 0, repaired: [] });
      if (what === 'start') expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    },
  );

  test('has told the end of the gone run before a new one can begin', async () => {
    const projectId = await begin(STREAMING);
    await streaming(projectId);
    await terminate(projectId, 'a deploy');
    let viewer: Promise<StoryEvent[]> | undefined;
    await withActivityDeps(app.config, async (deps) => {
      const publish: EventLog['publish'] = async (request) => {
        viewer ??= app.client.start(projectId).then(() => watchToEnd(app.client, projectId));
        await sleep(300);
        return deps.log.publish(request);
      };
      const log = Object.assign(Object.create(deps.log) as EventLog, { publish });
      expect((await reconcileRuns({ ...deps, log }, now)).repaired).toHaveLength(1);
    });
    expect((await viewer)?.at(-1)?.type).toBe('pipeline_done');
  });

  test('believes Temporal about how a run has ended, and states no second end', async () => {
    const projectId = await film();
    await ended(projectId);
    await setStatus(projectId, 'processing');
    await app.client.reconcile(now);
    expect(await statusesOf(projectId)).toEqual({ status: 'completed', rest: new Set(['completed']) });

    // As after a restore of a backup from before the film.
    await database.dataSource.getRepository(Lane).update({ projectId, lane: laneId('film') }, { status: 'pending' });
    await setStatus(projectId, 'processing');
    const { runs } = await app.client.reconcile(now);
    expect(runs.repaired).toMatchObject([
      { projectId, now: 'failed', why: expect.stringMatching(/not all that it made/) },
    ]);
    expect(await endsInLog(projectId)).toMatchObject([{ type: 'pipeline_done' }]);

    await app.client.start(projectId, { force: true });
    await app.client.cancel(projectId);
    await ended(projectId);
    await setStatus(projectId, 'needs_attention');
    await app.client.reconcile(now);
    expect(await app.client.status(projectId)).toMatchObject({ status: 'cancelled' });
  });

  test('closes a lane that an attempt of a gone run has claimed after its end', async () => {
    const projectId = await film();
    await ended(projectId);
    await database.dataSource.getRepository(Lane).update({ projectId, lane: laneId('film') }, { status: 'processing' });
    const { runs } = await app.client.reconcile(now);
    expect(runs.repaired).toMatchObject([{ projectId, was: 'completed', now: 'completed' }]);
    expect(await statusesOf(projectId)).toEqual({ status: 'completed', rest: new Set(['completed']) });
  });

  test('removes media of deleted projects and keeps what any row refers to', async () => {
    const [kept, deleted] = [await film(), await film()];
    const media = new FolderStore(app.config.MEDIA_DIR);
    const file = async (id: ProjectId) => (await app.client.status(id)).film?.asset ?? '';
    const [keptFilm, deletedFilm] = [await file(kept), await file(deleted)];
    await ended(deleted);
    await app.client.delete(deleted);
    expect((await app.client.reconcile(now)).media).toMatchObject({ removed: 0, missing: 0 });
    expect(await media.has(deletedFilm)).toBe(true);

    const { media: report } = await app.client.reconcile({ mediaGraceSeconds: 0 });
    expect(report.removed).toBeGreaterThanOrEqual(3);
    expect(await media.has(deletedFilm)).toBe(false);
    expect(await media.has(keptFilm)).toBe(true);
    expect(report.missing).toBe(0);
    await media.remove(keptFilm, new Date(Date.now() + 60_000));
    expect((await app.client.reconcile(now)).media.missing).toBe(1);
  });

  test('is scheduled by migrate, repairs when the schedule fires, and goes when it is set to 0', async () => {
    const scheduleId = reconcileScheduleOf(app.config.TEMPORAL_TASK_QUEUE);
    const scheduled = async (config: Config) => (await prepareServices(config)).reconciler;
    const advice = async () => (await examine(app.config)).find(({ service }) => service === 'temporal')?.advice;
    expect(await advice()).toMatch(/storyreel migrate/);
    expect(await scheduled(app.config)).toBe('created');
    expect(await scheduled(app.config)).toBeUndefined();
    expect(await scheduled({ ...app.config, RECONCILE_MINUTES: 7 })).toBe('updated');
    expect(await advice()).toBeUndefined();
    await withTemporal(app.config, ({ schedule }) => schedule.getHandle(scheduleId).pause());
    expect(await advice()).toContain(`temporal schedule toggle --unpause --schedule-id ${scheduleId}`);
    await withTemporal(app.config, ({ schedule }) => schedule.getHandle(scheduleId).unpause());

    const { id } = await database.dataSource
      .getRepository(Project)
      .save({ name: 'x', topic: 'x', status: 'processing' });
    await database.dataSource.query(`UPDATE projects SET updated_at = now() - interval '1 day' WHERE id = $1`, [id]);
    await withTemporal(app.config, ({ schedule }) => schedule.getHandle(scheduleId).trigger());
    await until('it is closed', async () => (await app.client.status(id as ProjectId)).status === 'failed');

    expect(await scheduled({ ...app.config, RECONCILE_MINUTES: 0 })).toBe('removed');
    await withTemporal(app.config, async ({ schedule }) => {
      await expect(schedule.getHandle(scheduleId).describe()).rejects.toThrow();
    });
  });
});
