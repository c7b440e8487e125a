import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { keepReconcileSchedule } from '../../src/cli/services/reconcile-schedule';
import { reconcileScheduleOf } from '../../src/protocol';
import type { ProjectId } from '../../src/protocol';
import { Operator } from '../support/operator';
import { createOwnDatabase } from '../support/own-database';
import { startApp, type TestApp } from '../support/services';
import { standings } from '../support/standing';
import { ownTopic, typesOf, watchText, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { fromSetup } from '../support/services';

describe('What docs/operations.md asks an operator to type works:', () => {
  const studio = new StudioControl();
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  let redis: TcpProxy;
  let app: TestApp;

  beforeAll(async () => {
    database = await createOwnDatabase();
    const url = new URL(fromSetup('STORYREEL_TEST_REDIS_URL'));
    redis = await TcpProxy.start(Number(url.port));
    url.port = `${redis.port}`;
    // The reconciler removes what no row of its database refers to.
    const media = join(fromSetup('STORYREEL_TEST_FOLDER'), 'media-of-operators');
    app = await startApp({ DATABASE_URL: database.url, REDIS_URL: url.href, MEDIA_DIR: media });
  });
  afterAll(async () => {
    await app.close();
    await redis.close();
    await database.drop();
  });

  const operator = (projectId: ProjectId) =>
    new Operator({
      '<id>': projectId,
      '--task-queue storyreel': `--task-queue ${app.config.TEMPORAL_TASK_QUEUE}`,
      'WorkflowType="story"': `StoryProject="${projectId}"`,
    });

  const agree = (projectId: ProjectId, run: string) =>
    until(`all state ${run}`, async (saw) => {
      const { temporal, postgres, viewer } = saw(await standings(app, projectId));
      const same = JSON.stringify(temporal) === JSON.stringify(postgres);
      return same && temporal.run === run && viewer === run ? temporal.lanes : undefined;
    });

  /** `temporal workflow start` gives the run that is still open. */
  const closed = (projectId: ProjectId) =>
    until('its last run has closed', () =>
      withTemporal(app.config, async (temporal) => {
        const { status } = await workflowOf(temporal, projectId).describe();
        return status.name !== 'RUNNING';
      }),
    );

  const create = (topic: string, scenes = 1) => app.client.create({ topic, settings: { scenes } });

  /** What the model was asked, each time. */
  const chats = async (mark: string) =>
    (await studio.requests(mark)).filter(({ kind }) => kind === 'chat').map(({ prompt }) => prompt);

  test('a provider that is stuck: pause and resume, or stop a lane and retry it', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 30 }, 2);
    const projectId = await create(topic);
    const { types } = bound(operator(projectId));
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await watchText(app.client, projectId);
    await types('A provider is stuck or down', '--name pause');
    expect(await agree(projectId, 'paused')).toMatchObject({ rewrite: 'paused' });
    await types('A provider is stuck or down', '--name resume');
    await until('it is asked again', async () => (await studio.requests(mark)).length === 2);
    await until('it streams again', async () => (await app.client.runStatus(projectId))?.status === 'running');
    await types('A provider is stuck or down', '--name cancelLane');
    expect(await agree(projectId, 'needs_attention')).toMatchObject({ rewrite: 'cancelled' });
    expect(await types('See how a story is doing', 'workflow query')).toContain('needs_attention');
    await until('the search finds it', async () =>
      (await types('See how a story is doing', 'workflow list')).includes(projectId),
    );
    await types('A provider is stuck or down', '--name retry');
    expect((await watching).at(-1)?.type).toBe('pipeline_done');
    await agree(projectId, 'completed');
  });

  test('scenes that are parked: retry or skip them, and stop the story', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 400 }, 3);
    // So that the story does not end before it is stopped.
    await studio.misbehave(mark, 'video_submit', { hold: 0 });
    const projectId = await create(topic, 2);
    const { types } = bound(operator(projectId));
    await app.client.start(projectId);
    const parked = (count: number) =>
      until(`${count} are parked`, async () => {
        const lanes = (await app.client.runStatus(projectId))?.lanes.filter(
          ({ status }) => status === 'needs_attention',
        );
        return lanes?.length === count && (await agree(projectId, 'needs_attention'));
      });
    await parked(2);
    await types('Scenes are parked', '--name retry');
    await parked(1);
    await types('Scenes are parked', '--name skip');
    await until('a lane is skipped', async () =>
      (await app.client.status(projectId)).lanes.some(
        (each) => each.lane.startsWith('image') && each.status === 'skipped',
      ),
    );
    await types('Stop a story', 'workflow cancel');
    const lanes = await agree(projectId, 'cancelled');
    expect(Object.values(lanes)).toContain('skipped');
  });

  test('a storyboard that is bad: make it anew behind a gate, reject it with a reason, approve it', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    const projectId = await create(topic);
    const { types } = bound(operator(projectId));
    await app.client.start(projectId, { stages: ['rewrite'] });
    await watchToEnd(app.client, projectId);
    const { lanes } = await app.client.status(projectId);
    expect(lanes.map(({ lane, status }) => `${lane} ${status}`)).toEqual([
      'rewrite completed',
      'storyboard pending',
      'film pending',
    ]);
    await closed(projectId);
    await types('A storyboard is bad', 'workflow start');
    await agree(projectId, 'awaiting_approval');
    await types('A storyboard is bad', '--name reject');
    await until('the model is asked again', async () => (await chats(mark)).length === 3);
    // By its id, because its answer may still be streaming between the two looks.
    const toldWhy = await studio.requests('too dark');
    expect(toldWhy.map(({ id }) => id)).toContain((await studio.requests(mark)).at(-1)?.id);
    await agree(projectId, 'awaiting_approval');
    await types('A storyboard is bad', '--name approve');
    await agree(projectId, 'completed');
    await closed(projectId);
    await types('Stop a story', 'workflow start');
    await until('the film is made', async () => (await app.client.status(projectId)).film);
    await agree(projectId, 'completed');
  });

  test('a prompt that was wrong: what was made with it is made again before the run ends', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { hold: 10 });
    const projectId = await create(topic);
    const { types } = bound(operator(projectId));
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await watchText(app.client, projectId);
    await database.dataSource.query(
      `INSERT INTO prompt_templates (stage, version, system, "user", active)
       VALUES ('rewrite', 1, 'You write like a sailor.', 'Topic: {{topic}}', true)`,
    );
    await types('A prompt was wrong', '--name edited');
    await studio.release(mark);
    const events = await watching;
    await database.dataSource.query('DELETE FROM prompt_templates');
    expect(typesOf(events).filter((type) => type.startsWith('pipeline_'))).toEqual(['pipeline_done']);
    expect((await chats(mark)).filter((prompt) => prompt.includes('like a sailor'))).toHaveLength(1);
    await agree(projectId, 'completed');
  });

  test('Redis is lost: the story continues, and the query shows it', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { hold: 10 });
    const projectId = await create(topic);
    await app.client.start(projectId);
    await watchText(app.client, projectId);
    await redis.refuse();
    await studio.release(mark);
    const says = async () => operator(projectId).types('See how a story is doing', 'workflow query');
    await until(
      'the film is made',
      async () => /completed/.test((await says()).split('"film"')[0] ?? '') && /film/.test(await says()),
    );
    await redis.accept();
    await agree(projectId, 'completed');
  });

  test('Postgres was restored: a reset makes what the backup does not have', async () => {
    const { topic } = ownTopic();
    const projectId = await create(topic);
    const { types } = bound(operator(projectId));
    const restore = async () => {
      for (const table of ['storyboards', 'lanes', 'project_stages']) {
        await database.dataSource.query(`DELETE FROM ${table} WHERE project_id = $1`, [projectId]);
      }
      await database.dataSource.query(`UPDATE projects SET status = 'draft', run_id = NULL WHERE id = $1`, [projectId]);
    };
    for (const command of ['--event-id 4', '--query']) {
      await app.client.start(projectId, { gates: ['storyboard'] });
      await agree(projectId, 'awaiting_approval');
      await restore();
      if (command === '--query') await types('Postgres was restored from a backup', '--query');
      else await types('Postgres was restored from a backup', '--event-id 4');
      expect(await agree(projectId, 'awaiting_approval')).toMatchObject({ storyboard: 'completed' });
      await app.client.approve(projectId, 'storyboard');
      await agree(projectId, 'completed');
    }
  });

  test('rows state something else than Temporal: the reconciler begins at once', async () => {
    const schedule = reconcileScheduleOf(app.config.TEMPORAL_TASK_QUEUE);
    await withTemporal(app.config, async (client) => {
      await keepReconcileSchedule(client.connection as Connection, app.config);
      await new Operator({ 'storyreel-reconcile': schedule }).types('Rows differ from Temporal', 'schedule trigger');
      const handle = client.schedule.getHandle(schedule);
      const [began] = await until('it has begun', async () => {
        const { recentActions } = (await handle.describe()).info;
        return recentActions.length > 0 && recentActions;
      });
      await handle.delete();
      if (began?.action.type !== 'startWorkflow') throw new Error('no workflow');
      await client.workflow.getHandle(began.action.workflow.workflowId).result();
    });
  });

  test('a batch: it reports its state, and its stories that wait for a person can be found', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    const batchId = `b${mark}`;
    await app.client.batch([{ topic, settings: { scenes: 1 } }], { batchId });
    const types = (part: 'query' | 'list') => {
      const operator = new Operator({ 'batch-spring': `batch-${batchId}` });
      return part === 'query'
        ? operator.types('Many films: a batch', 'workflow query')
        : operator.types('Many films: a batch', 'workflow list');
    };
    const parked = await until(
      'the story is found',
      async () => /story-([0-9a-f-]{36})/.exec(await types('list'))?.[1],
    );
    expect(await types('query')).toContain(parked);
    await app.client.cancel(parked as ProjectId);
  });

  test('a worker is gone: it can be seen who asks for work', async () => {
    const projectId = await create(ownTopic().topic);
    const described = await operator(projectId).types('A worker is gone', 'task-queue describe');
    expect(described).toContain(`${process.pid}@`);
  });
});

function bound(operator: Operator): { types: Operator['types'] } {
  return { types: (section, part) => operator.types(section, part) };
}
