import { described, isOfRun } from '../../src/client/runs/live-workflow';
import { workflowIdOf, type ProjectId, type StoryEvent, type StoryRunId } from '../../src/protocol';
import { Operator } from '../support/operator';
import { startApp, type TestApp } from '../support/services';
import { standings } from '../support/standing';
import {
  isAtGate,
  isParked,
  ownTopic,
  streamingStory,
  watchToEnd,
  watchUntil,
  withTemporal,
  workflowOf,
} from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { temporal } from '../support/temporal-command';
import { until } from '../support/until';

describe('When an operator resets a workflow to any of its tasks,', () => {
  const studio = new StudioControl();
  let app: TestApp;

  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  const workflow = <T>(projectId: ProjectId, look: (handle: ReturnType<typeof workflowOf>) => Promise<T>) =>
    withTemporal(app.config, (client) => look(workflowOf(client, projectId)));

  const tasksOf = (projectId: ProjectId) =>
    workflow(projectId, async (handle) => {
      const { events } = await handle.fetchHistory();
      return (events ?? [])
        .filter((each) => each.workflowTaskCompletedEventAttributes)
        .map(({ eventId }) => String(eventId));
    });

  const runOf = (projectId: ProjectId) => workflow(projectId, async (handle) => (await handle.describe()).runId);

  const statusOf = (projectId: ProjectId) =>
    workflow(projectId, async (handle) => (await handle.describe()).status.name);

  const continuedFrom = (projectId: ProjectId) =>
    workflow(projectId, async (handle) => {
      const [begin] = (await handle.fetchHistory()).events ?? [];
      return begin?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    });

  const isOfItsRun = (projectId: ProjectId) =>
    withTemporal(app.config, async (client) => {
      const found = await described(client, workflowIdOf(projectId));
      const { runId = null } = await app.client.status(projectId);
      return found !== undefined && isOfRun(found, runId as StoryRunId | null);
    });

  async function resetTo(projectId: ProjectId, runId: string, eventId: string): Promise<string> {
    const at = ['--workflow-id', `story-${projectId}`, '--run-id', runId, '--event-id', eventId];
    // Otherwise the retry that came later would be given again.
    await temporal('workflow', 'reset', ...at, '--reason', 'a test', '--reapply-exclude', 'All');
    return runOf(projectId);
  }

  const agree = (projectId: ProjectId, run: string) =>
    until(`all state ${run}`, async (saw) => {
      const { temporal: told, postgres, viewer } = saw(await standings(app, projectId));
      const same = JSON.stringify(told) === JSON.stringify(postgres) && viewer === postgres.run;
      return same && told.run === run ? told : undefined;
    });

  test('a finished story ends again each time, with nothing made twice', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    await agree(projectId, 'completed');
    const asked = (await studio.requests(mark)).length;
    for (const task of await tasksOf(projectId)) {
      const again = await resetTo(projectId, runId, task);
      await until('it has ended', async (saw) => saw(await statusOf(projectId)) !== 'RUNNING');
      await agree(projectId, 'completed');
      expect(again).not.toBe(runId);
    }
    expect(await studio.requests(mark)).toHaveLength(asked);
  });

  test('a parked story waits again, or ends, and rows and viewers agree', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 400 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId);
    await watchUntil(app.client, projectId, isParked);
    await agree(projectId, 'needs_attention');
    const tasks = await tasksOf(projectId);
    await app.client.retry(projectId, 'image_generation/1');
    await watchToEnd(app.client, projectId);
    await agree(projectId, 'completed');

    const ends: string[] = [];
    for (const task of tasks) {
      await resetTo(projectId, runId, task);
      const end = await until('it is at rest', async () => {
        const status = await app.client.runStatus(projectId).catch(() => undefined);
        if (status === undefined)
          return (await workflow(projectId, (h) => h.describe())).status.name === 'COMPLETED' && 'completed';
        return status.status === 'needs_attention' && status.status;
      });
      await agree(projectId, end);
      ends.push(end);
    }
    expect(ends).toContain('completed');
    expect(ends.at(-1)).toBe('needs_attention');
    await app.client.retry(projectId, 'image_generation/1');
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    await agree(projectId, 'completed');
  });

  test('a story that has continued as new waits again where it waited, and can be cancelled', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 400 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const { runId: first } = await app.client.start(projectId, { gates: ['storyboard'] });
    await watchUntil(app.client, projectId, isAtGate);
    await app.client.edit(projectId, { scenes: [{ scene_number: 1, narration: 'It begins.' }] });
    await app.client.approve(projectId, 'storyboard');
    await agree(projectId, 'needs_attention');
    const runId = await runOf(projectId);
    expect(runId).not.toBe(first);
    const last = (await tasksOf(projectId)).at(-1) ?? '';
    await app.client.retry(projectId, 'image_generation/1');
    await watchToEnd(app.client, projectId);
    await agree(projectId, 'completed');

    await resetTo(projectId, runId, last);
    await agree(projectId, 'needs_attention');
    await app.client.retry(projectId, 'image_generation/1');
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    await agree(projectId, 'completed');

    await resetTo(projectId, runId, last);
    // Every lane is checked again in another execution.
    await until('it has continued as new', async (saw) => saw(await continuedFrom(projectId)) !== first);
    expect(await isOfItsRun(projectId)).toBe(true);
    // Some lanes are checked already, some are being checked, and some are not.
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    await until('it is cancelled', async (saw) => saw(await statusOf(projectId)) === 'CANCELLED');
    await agree(projectId, 'cancelled');
  });

  test('a paused story is paused again, and open viewers move on to what the new run does', async () => {
    const projectId = await streamingStory(app.client, studio);
    await app.client.pause(projectId, { now: true });
    await agree(projectId, 'paused');
    const seen: StoryEvent[] = [];
    const watching = watchUntil(app.client, projectId, (event) => {
      seen.push(event);
      return false;
    });
    await new Operator({ '<id>': projectId }).types('Go back in a workflow', '--type LastWorkflowTask');
    await agree(projectId, 'paused');
    // Another worker has nothing but the history to go by.
    const next = await startApp({ TEMPORAL_TASK_QUEUE: app.config.TEMPORAL_TASK_QUEUE });
    await app.worker.stop();
    await next.client.resume(projectId);
    await watching;
    expect(seen.at(-1)?.type).toBe('pipeline_done');
    expect(seen.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
    await agree(projectId, 'completed');
    await next.close();
  });
});
