import { randomUUID } from 'node:crypto';
import { Project } from '../../src/entities';
import type { BatchId } from '../../src/protocol';
import { batchOf, batchToEnd, hasFoundOneStarted, startedBy, untilCount, workflowIds } from '../support/batches';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { rowsOf } from '../support/app-rows';

describe('A batch', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** Where it does not matter what of the films is made. */
  const stages = ['rewrite'] as const;

  /** Short topics that belong together. */
  function topics(count: number): { mark: string; batchId: string; projects: { topic: string; settings: object }[] } {
    const { mark } = ownTopic();
    const settings = { scenes: 1 };
    const projects = Array.from({ length: count }, (_, i) => ({ topic: `fox ${mark} number ${i + 1}.`, settings }));
    return { mark, batchId: `test-${mark}`, projects };
  }

  /** Their texts stop in the middle, so that these stories are under way until they are stopped. */
  async function endlessly(...topics: readonly string[]): Promise<void> {
    for (const topic of topics) await studio.misbehave(topic, 'chat', { stall: 5 });
  }

  /** Until each of these has begun its text, and so has met the studio's fault that is meant for it. */
  async function untilAsked(...topics: readonly string[]): Promise<void> {
    for (const topic of topics)
      await until(`${topic} is asked for`, async () => (await studio.requests(topic)).length > 0);
  }

  test('of 60 projects keeps to its order and its cap, and those that fail stop no other', async () => {
    const { batchId, projects, mark } = topics(60);
    const bad = [1, 37, 38, 60];
    for (const n of bad) await studio.misbehave(`${mark} number ${n}.`, 'chat', { status: 400 });
    await studio.misbehave(mark, 'chat', { hold: 1 }, 60);
    const batch = await app.client.batch(projects, { batchId, atMost: 20, onFailure: 'fail', stages });
    await untilCount(app.client, batchId, 'processing', 20);
    await studio.release(mark);
    const { counts, projects: seen } = await batchToEnd(app.client, batchId);
    expect(counts).toEqual({ completed: 60 - bad.length, failed: bad.length });
    expect(bad.map((n) => seen[n - 1]?.status)).toEqual(bad.map(() => 'failed'));
    expect(seen[36]).toMatchObject({ projectId: batch.projectIds[36], error: { type: 'Provider.BadRequest' } });
    const started = await withTemporal(app.config, (client) => startedBy(client, batch.batchId));
    expect(started).toEqual(workflowIds(batch.projectIds));
    expect(await mostAtOnce(batch.batchId)).toBe(20);
  });

  test('makes only the stages that are named, and the rest of its films when it continues without them', async () => {
    const { batchId, projects } = topics(2);
    const { projectIds } = await app.client.batch(projects, { batchId, stages });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2 });
    for (const id of projectIds) expect((await app.client.status(id)).film).toBeUndefined();
    await app.client.batch([], { batchId });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2 });
    for (const id of projectIds) expect((await app.client.status(id)).film).toMatchObject({ scenes: 1 });
    for (const { topic } of projects) {
      const prompts = (await studio.requests(topic)).map(({ prompt }) => prompt);
      expect(prompts.filter((prompt) => prompt.includes('screenwriter'))).toHaveLength(1);
    }
    // Nothing is left to make.
    await app.client.batch([], { batchId });
    expect((await app.client.batchStatus(batchId)).running).toBe(false);
  });

  test('waits for approval of each story, gives its place away meanwhile, and takes no other stages then', async () => {
    const { batchId, projects } = topics(2);
    const options = { batchId, atMost: 1, stages: ['rewrite', 'storyboard'], gates: ['rewrite'] } as const;
    const { projectIds } = await app.client.batch(projects, options);
    await untilCount(app.client, batchId, 'awaiting_approval', 2);
    await expect(app.client.batch(projects, { ...options, gates: [] })).rejects.toMatchObject({
      type: 'Project.AlreadyRunning',
    });
    await expect(app.client.batch(projects, { batchId, stages: ['rewrite'] })).rejects.toMatchObject({
      type: 'Project.AlreadyRunning',
    });
    expect((await app.client.batch(projects, options)).projectIds).toEqual(projectIds);
    for (const id of projectIds) await app.client.approve(id, 'rewrite');
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2 });
  });

  test('that is asked for again continues with what is not finished, and with nothing else', async () => {
    const { batchId, projects: bare, mark } = topics(4);
    const projects = bare.map((project) => ({ ...project, owner: 'ada' }));
    await studio.misbehave(`${mark} number 3.`, 'chat', { status: 400 });
    const batch = await app.client.batch(projects, { batchId, onFailure: 'fail', priority: 2, stages });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 3, failed: 1 });
    const first = batch.projectIds[0] ?? ('' as never);
    await withTemporal(app.config, async (client) => {
      const { priority } = (await workflowOf(client, first).describe()).raw.workflowExecutionInfo ?? {};
      expect(priority).toMatchObject({ priorityKey: 2, fairnessKey: 'ada' });
    });
    const again = await app.client.batch(projects, { batchId, stages });
    expect(again).toEqual(batch);
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 4 });
    const restarted = await withTemporal(app.config, (client) => startedBy(client, batch.batchId));
    expect(restarted).toEqual(workflowIds(batch.projectIds.slice(2, 3)));
  });

  /** From the rows: how many projects were between their start and their end at the same time. */
  async function mostAtOnce(batchId: BatchId): Promise<number> {
    const dataSource = await rowsOf(app);
    const rows = await dataSource.getRepository(Project).findBy({ batchId });
    const steps = rows.flatMap(({ startedAt, finishedAt }) => [
      { at: Number(startedAt), more: 1 },
      { at: Number(finishedAt), more: -1 },
    ]);
    let [now, most] = [0, 0];
    for (const { more } of steps.sort((a, b) => a.at - b.at || a.more - b.more)) most = Math.max(most, (now += more));
    return most;
  }

  test('that is asked for twice at the same moment stores its topics once', async () => {
    const { batchId, projects, mark } = topics(3);
    const twin = { ...projects[0], topic: `fox ${mark} number 1.` };
    const all = [...projects, twin as (typeof projects)[0]];
    const ask = () => app.client.batch(all, { batchId, stages });
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(other?.projectIds).toEqual(one?.projectIds);
    // A topic that is given twice is two projects.
    expect(new Set(one?.projectIds).size).toBe(4);
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 4 });
  });

  test('that is cancelled ends every story, also those without a turn yet, and can continue later', async () => {
    const { batchId, projects } = topics(5);
    const slow = projects.slice(0, 2).map(({ topic }) => topic);
    await endlessly(...slow);
    const batch = await app.client.batch(projects, { batchId, atMost: 2, stages });
    const viewers = batch.projectIds.map((id) => watchToEnd(app.client, id));
    await untilAsked(...slow);
    expect(await app.client.cancelBatch(batchId)).toBe(true);
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ cancelled: 5 });
    const last = (await Promise.all(viewers)).map((events) => events.at(-1)?.type);
    expect(last).toEqual(Array(5).fill('pipeline_error'));
    await withTemporal(app.config, async (client) => {
      expect((await batchOf(client, batch.batchId).describe()).status.name).toBe('CANCELLED');
      expect(await startedBy(client, batch.batchId)).toEqual(workflowIds(batch.projectIds.slice(0, 2)));
      for (const id of batch.projectIds.slice(0, 2)) {
        expect((await workflowOf(client, id).describe()).status.name).toBe('CANCELLED');
      }
    });
    expect(await app.client.cancelBatch(batchId)).toBe(false);
    // Without the list: the batch knows its projects. Asked for in the moment of its cancel, it begins after that.
    await endlessly(...slow);
    await app.client.batch([], { batchId, atMost: 2, stages });
    for (const topic of slow)
      await until('it is asked for again', async () => (await studio.requests(topic)).length > 1);
    await app.client.cancelBatch(batchId);
    await app.client.batch([], { batchId, stages });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 5 });
  });

  test('that is terminated leaves its stories at work, and the next one joins them and counts them', async () => {
    const { batchId, projects, mark } = topics(3);
    await endlessly(`${mark} number 1.`);
    const batch = await app.client.batch(projects, { batchId, atMost: 1, stages });
    const [first] = batch.projectIds;
    if (!first) throw new Error('no project');
    await untilAsked(`${mark} number 1.`);
    const { runId } = await app.client.status(first);
    await withTemporal(app.config, (client) => batchOf(client, batch.batchId).terminate());
    expect((await app.client.batchStatus(batchId)).running).toBe(false);
    await app.client.batch(projects, { batchId, atMost: 1, stages });
    await withTemporal(app.config, async (client) => {
      await until('the batch has found the first one at work', () => hasFoundOneStarted(client, batch.batchId));
      const { status } = await workflowOf(client, first).describe();
      expect(status.name).toBe('RUNNING');
      expect((await app.client.status(first)).runId).toBe(runId);
      // A story that is ended from outside is one that failed, in the batch and in its rows.
      await workflowOf(client, first).terminate();
    });
    const end = await batchToEnd(app.client, batchId);
    expect(end.projects.map(({ status }) => status)).toEqual(['failed', 'completed', 'completed']);
    expect(end.projects[0]?.error?.message).toBe('The run was terminated.');
  });

  test('gives the place of a parked story to the next one, and ends when a person has seen to it', async () => {
    const { batchId, projects, mark } = topics(2);
    await studio.misbehave(`${mark} number 1.`, 'chat', { status: 400 });
    const batch = await app.client.batch(projects, { batchId, atMost: 1, stages });
    const [parked] = batch.projectIds;
    if (!parked) throw new Error('no project');
    const view = await untilCount(app.client, batchId, 'completed', 1);
    expect(view).toMatchObject({ running: true, counts: { needs_attention: 1, completed: 1 } });
    await withTemporal(app.config, async (client) => {
      const handle = batchOf(client, batch.batchId);
      await until('the batch waits, too', async () => {
        const { status } = await handle.query<{ status: string }>('status');
        return status === 'needs_attention';
      });
      const shown = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
      expect(shown).toContain(`needs attention: \`story-${parked}\``);
    });
    await app.client.retry(parked, 'rewrite');
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2 });
  });

  test('takes in what is added while it runs, and stories that somebody else has started', async () => {
    const { batchId, projects, mark } = topics(3);
    await endlessly(`${mark} number 1.`, `${mark} alone`);
    const own = await app.client.create({ topic: `fox ${mark} alone`, settings: { scenes: 1 } });
    const { runId } = await app.client.start(own, { priority: 1 });
    const begun = await app.client.batch(projects.slice(0, 1), { batchId, atMost: 1, stages });
    await untilAsked(`${mark} number 1.`, `${mark} alone`);
    const { projectIds } = await app.client.batch([...projects, own], { batchId, stages });
    expect(projectIds.slice(0, 1)).toEqual(begun.projectIds);
    const [first] = projectIds;
    if (!first) throw new Error('no project');
    await app.client.cancel(first);
    await untilCount(app.client, batchId, 'completed', 2);
    expect((await app.client.status(own)).runId).toBe(runId);
    await app.client.cancel(own);
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 2, cancelled: 2 });
  });

  test('continues as new when its history grows long, and loses no story under way', async () => {
    const { batchId, projects, mark } = topics(3);
    await studio.misbehave(`${mark} number 1.`, 'chat', { status: 400 });
    await endlessly(`${mark} number 2.`);
    const batch = await app.client.batch(projects, { batchId, atMost: 1, stages });
    const [parked, slow] = batch.projectIds;
    if (!parked || !slow) throw new Error('no projects');
    await until('one is parked and one at work', async () => {
      const { counts } = await app.client.batchStatus(batchId);
      return counts.needs_attention === 1 && counts.processing === 1;
    });
    await withTemporal(app.config, async (client) => {
      const handle = batchOf(client, batch.batchId);
      const { runId } = await handle.describe();
      // A stale message of a megabyte: the history is long after four of them.
      const stale = { projectId: randomUUID(), status: 'running', padding: 'x'.repeat(1_000_000) };
      await until('the batch has continued as new', async () => {
        if ((await handle.describe()).runId !== runId) return true;
        await handle.signal('storyStands', stale);
        await handle.query('status');
        return false;
      });
    });
    expect((await app.client.batchStatus(batchId)).counts).toEqual({ needs_attention: 1, processing: 1, queued: 1 });
    await app.client.retry(parked, 'rewrite');
    await app.client.cancel(slow);
    expect((await batchToEnd(app.client, batchId)).projects.map(({ status }) => status)).toEqual([
      'completed',
      'cancelled',
      'completed',
    ]);
  });

  test.each([
    ['no projects', [], {}, 'Batch.NotFound'],
    ['a name that is no name', [{ topic: 'x' }], { batchId: '../x' }, 'Project.Invalid'],
    ['an empty topic', [{ topic: 'x' }, { topic: ' ' }], {}, 'Project.Invalid'],
    ['no place at all', [{ topic: 'x' }], { atMost: 0 }, 'Project.Invalid'],
    ['a list of no stages', [{ topic: 'x' }], { stages: [] }, 'Project.Invalid'],
    ['a stage that is none', [{ topic: 'x' }], { stages: ['sound' as never] }, 'Stage.Unknown'],
  ])('is refused with %s, and stores nothing', async (_, projects, options, type) => {
    const batchId = `none-${randomUUID()}`;
    await expect(app.client.batch(projects, { batchId, ...options })).rejects.toMatchObject({ type });
    await expect(app.client.batchStatus(batchId)).rejects.toMatchObject({ type: 'Batch.NotFound' });
  });
});
