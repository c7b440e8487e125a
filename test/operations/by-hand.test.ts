import type { ProjectId } from '../../src/protocol';
import { Operator } from '../support/operator';
import { startApp, type TestApp } from '../support/services';
import { standings } from '../support/standing';
import { ownTopic, streamingStory, typesOf, watchToEnd, withTemporal } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('When an operator ends things by hand,', () => {
  const studio = new StudioControl();
  let app: TestApp;

  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  const operator = (projectId: ProjectId) =>
    new Operator({ '<id>': projectId, '--task-queue storyreel': `--task-queue ${app.config.TEMPORAL_TASK_QUEUE}` });

  /** A story whose rewrite streams. */
  async function streaming(): Promise<ProjectId> {
    return streamingStory(app.client, studio);
  }

  const rowSays = (projectId: ProjectId, lane: string, status: string) =>
    until(`the row of ${lane} states ${status}`, async () => {
      const { lanes } = await app.client.status(projectId);
      return lanes.find((each) => each.lane === lane && each.status === status);
    });

  const agree = (projectId: ProjectId, run: string) =>
    until(`all state ${run}`, async (saw) => {
      const { temporal: told, postgres, viewer } = saw(await standings(app, projectId));
      return JSON.stringify(told) === JSON.stringify(postgres) && [told.run, viewer].every((each) => each === run);
    });

  test.each([
    ['failed', 'activity fail', 'wrong prompt'],
    ['completed though nothing is stored', 'activity complete', 'nothing is stored'],
  ])('an activity that is %s leaves a parked lane, which a retry takes up', async (_, command, message) => {
    const projectId = await streaming();
    const watching = watchToEnd(app.client, projectId);
    if (command === 'activity fail') await operator(projectId).types('An activity by hand', 'activity fail');
    else await operator(projectId).types('An activity by hand', 'activity complete');
    await agree(projectId, 'needs_attention');
    const { error } = await rowSays(projectId, 'rewrite', 'needs_attention');
    expect(error).toMatchObject({ type: 'Lane.EndedByHand', retryable: false });
    expect(error?.message).toContain(message);
    await app.client.retry(projectId, 'rewrite');
    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events).toContainEqual(expect.objectContaining({ type: 'done', lane: 'rewrite', verified: true }));
    await agree(projectId, 'completed');
  });

  test('an activity that is paused states it, and continues when it is unpaused', async () => {
    const projectId = await streaming();
    const watching = watchToEnd(app.client, projectId);
    await operator(projectId).types('An activity by hand', 'activity pause');
    await rowSays(projectId, 'rewrite', 'paused');
    await operator(projectId).types('An activity by hand', 'activity unpause');
    const events = await watching;
    expect(typesOf(events)).not.toContain('attention');
    expect(events).toContainEqual(expect.objectContaining({ type: 'stage_update', lane: 'rewrite', status: 'paused' }));
    await agree(projectId, 'completed');
  });

  test('an activity that is reset while it waits for its next attempt begins it at once', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 60 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await until('it waits', async () => (await app.client.status(projectId)).lanes.some(({ error }) => error));
    const watching = watchToEnd(app.client, projectId);
    await operator(projectId).types('An activity by hand', 'activity reset');
    expect((await watching).at(-1)?.type).toBe('pipeline_done');
    await agree(projectId, 'completed');
  });

  test('a story that Temporal itself has paused takes no message but a cancel until it is unpaused', async () => {
    const projectId = await streaming();
    const pause = { namespace: app.config.TEMPORAL_NAMESPACE, workflowId: `story-${projectId}`, requestId: projectId };
    await withTemporal(app.config, ({ workflowService }) => workflowService.pauseWorkflowExecution(pause));
    await expect(app.client.pause(projectId)).rejects.toMatchObject({
      type: 'Message.Stale',
      message: expect.stringContaining(`temporal workflow unpause --workflow-id story-${projectId}`) as string,
    });
    await app.client.cancel(projectId);
    await withTemporal(app.config, ({ workflowService }) => workflowService.unpauseWorkflowExecution(pause));
    await agree(projectId, 'cancelled');
  });

  test('a terminated story starts again where it was, and ends', async () => {
    const projectId = await streaming();
    await operator(projectId).types('Stop a story', 'workflow terminate');
    expect((await app.client.status(projectId)).status).toBe('processing');
    await operator(projectId).types('Stop a story', 'workflow start');
    const events = await watchToEnd(app.client, projectId);
    expect(typesOf(events).filter((type) => type.startsWith('pipeline_'))).toEqual(['pipeline_done']);
    await agree(projectId, 'completed');
  });
});
