import { readConfig, type Config } from '../../src/config';
import { StoryClient } from '../../src/client';
import { createLogger } from '../../src/logger';
import { isTerminal, workflowIdOf, type BatchId, type ProjectId } from '../../src/protocol';
import { createWorker, type RunningWorker } from '../../src/worker';
import { batchOf, batchToEnd, hasFoundOneStarted, startedBy } from '../support/batches';
import { createOwnDatabase } from '../support/own-database';
import { eventsInLog } from '../support/raw-log';
import { testEnv } from '../support/services';
import { ownTopic, withTemporal, workflowOf } from '../support/stories';
import { stick } from '../support/stuck-project';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A batch whose stories end from outside', () => {
  const studio = new StudioControl();
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  let config: Config;
  let client: StoryClient;
  let worker: RunningWorker | undefined;

  beforeAll(async () => {
    database = await createOwnDatabase();
    config = readConfig(testEnv({ DATABASE_URL: database.url }));
    client = await StoryClient.connect(config);
  });
  afterEach(() => away());
  afterAll(async () => {
    await client.close();
    await database.drop();
  });

  async function there(): Promise<void> {
    worker ??= await createWorker({ settings: config, logger: createLogger(config.LOG_LEVEL, 'test-worker') });
  }

  /** Nothing that Temporal hears of now is acted on before a worker is there again. */
  async function away(): Promise<void> {
    await worker?.stop();
    worker = undefined;
  }

  /** So many stories under way, whose texts come so slowly that they do not end by themselves. */
  async function underWay(count: number): Promise<{ batchId: BatchId; projectIds: readonly ProjectId[] }> {
    const { mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { tokensPerSecond: 2 }, count);
    const projects = Array.from({ length: count }, (_, i) => ({ topic: `fox ${mark} ${i}.`, settings: { scenes: 1 } }));
    await there();
    const batch = await client.batch(projects, { batchId: `test-${mark}`, atMost: count, stages: ['rewrite'] });
    await until('all are asked for', async () => (await studio.requests(mark)).length >= count);
    return batch;
  }

  const untilAtLeast = (batchId: BatchId, status: 'completed', count: number) =>
    until(`${count} are ${status}`, async () => ((await client.batchStatus(batchId)).counts[status] ?? 0) >= count);

  const terminate = (projectIds: readonly ProjectId[]) =>
    withTemporal(config, async (temporal) => {
      for (const id of projectIds) await workflowOf(temporal, id).terminate('a wrong query');
    });

  test('closes all of them, also where it hears of their ends in one task', async () => {
    const { batchId, projectIds } = await underWay(3);
    await away();
    await terminate(projectIds);
    await there();
    const { counts, projects } = await batchToEnd(client, batchId);
    expect(counts).toEqual({ failed: 3 });
    expect(projects[0]?.error?.message).toBe('The run was terminated: a wrong query. Start it again.');
  });

  test('leaves alone what somebody has started again before it comes to that, and follows the new run', async () => {
    const { batchId, projectIds } = await underWay(2);
    const [again] = projectIds as [ProjectId, ProjectId];
    await away();
    await terminate([again]);
    const { topic } = await client.status(again);
    await studio.misbehave(topic, 'chat', { tokensPerSecond: 40 });
    const { runId } = await client.start(again, { stages: ['rewrite'] });
    await there();
    expect((await batchToEnd(client, batchId)).counts).toEqual({ completed: 2 });
    expect(await client.status(again)).toMatchObject({ status: 'completed', runId });
    const ends = (await eventsInLog(config.REDIS_URL, again)).filter(isTerminal);
    expect(ends).toMatchObject([{ type: 'pipeline_done' }]);
  });

  test('starts nothing more once it is cancelled, also where it had not come to its first story', async () => {
    const { mark } = ownTopic();
    const projects = [1, 2, 3].map((n) => ({ topic: `fox ${mark} ${n}.`, settings: { scenes: 1 } }));
    const { batchId } = await client.batch(projects, { batchId: `test-${mark}`, atMost: 2, stages: ['rewrite'] });
    expect(await client.cancelBatch(batchId)).toBe(true);
    await there();
    expect((await batchToEnd(client, batchId)).counts).toEqual({ cancelled: 3 });
    expect(await withTemporal(config, (temporal) => startedBy(temporal, batchId))).toEqual([]);
  });

  test('reaches all that run in its first task after a cancel, and starts nothing from then on', async () => {
    const { mark } = ownTopic();
    const projects = Array.from({ length: 20 }, (_, n) => ({ topic: `fox ${mark} ${n}.`, settings: { scenes: 1 } }));
    await there();
    const { batchId } = await client.batch(projects, { batchId: `test-${mark}`, atMost: 8, stages: ['rewrite'] });
    await untilAtLeast(batchId, 'completed', 5);
    await client.cancelBatch(batchId);
    await batchToEnd(client, batchId);
    const { events } = await withTemporal(config, (temporal) => batchOf(temporal, batchId).fetchHistory());
    const all = events ?? [];
    const asked = all.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    const began = all.findIndex((event, i) => i > asked && event.workflowTaskStartedEventAttributes);
    const task = all[began + 1]?.eventId;
    expect(all.slice(asked).filter((event) => event.startChildWorkflowExecutionInitiatedEventAttributes)).toEqual([]);
    expect(all[began + 1]?.workflowTaskCompletedEventAttributes).toBeTruthy();
    const before = all.slice(0, began);
    const running = new Set(
      before.flatMap((e) => e.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId ?? []),
    );
    for (const event of before) {
      const over = event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId;
      if (over) running.delete(over);
    }
    const cancelled = all.flatMap(({ requestCancelExternalWorkflowExecutionInitiatedEventAttributes: each }) =>
      each?.workflowTaskCompletedEventId?.toString() === task?.toString() ? [each?.workflowExecution?.workflowId] : [],
    );
    expect(new Set(cancelled)).toEqual(running);
  });

  test('starts a story whose last run had announced its end, and was still open in Temporal', async () => {
    await there();
    const projectId = await client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    // In the place of a run that has said that it has ended, and has not closed.
    const ending = await withTemporal(config, (temporal) =>
      temporal.workflow.start('story', {
        workflowId: workflowIdOf(projectId),
        taskQueue: 'nobody',
        args: [{ projectId }],
      }),
    );
    const { batchId } = await client.batch([projectId], { stages: ['rewrite'] });
    await withTemporal(config, async (temporal) => {
      await until('its id is found taken', () => hasFoundOneStarted(temporal, batchId));
      await temporal.workflow.getHandle(workflowIdOf(projectId), ending.firstExecutionRunId).terminate();
    });
    expect((await batchToEnd(client, batchId)).counts).toEqual({ completed: 1 });
    expect((await client.editable(projectId)).rewrite).toBeTruthy();
  });

  test('closes what was queued although one of it cannot be closed', async () => {
    const { mark } = ownTopic();
    const projects = [1, 2, 3].map((n) => ({ topic: `fox ${mark} ${n}.`, settings: { scenes: 1 } }));
    const { batchId, projectIds } = await client.batch(projects, { batchId: `test-${mark}`, stages: ['rewrite'] });
    const [stuck, ...others] = projectIds as [ProjectId, ProjectId, ProjectId];
    await client.cancelBatch(batchId);
    await stick(database.dataSource, stuck);
    await there();
    await withTemporal(config, (temporal) =>
      batchOf(temporal, batchId)
        .result()
        .catch(() => undefined),
    );
    for (const id of others) expect((await client.status(id)).status).toBe('cancelled');
    expect((await client.status(stuck)).status).toBe('queued');
  });
});
