import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { workflowIdOf, type LaneId, type ProjectId, type StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, textSeen, typesOf, watchToEnd, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('When an operator resets the workflow', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  /** Goes back to the workflow's first task, or to the last that it has completed. Gives the new run's id. */
  async function reset(projectId: ProjectId, to: 'first' | 'last'): Promise<string> {
    return withTemporal(app.config, async (client) => {
      const history = await workflowOf(client, projectId).fetchHistory();
      const tasks = (history.events ?? []).filter(
        ({ eventType }) => eventType === temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
      );
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: app.config.TEMPORAL_NAMESPACE,
        workflowExecution: { workflowId: workflowIdOf(projectId) },
        reason: 'an operator said so',
        workflowTaskFinishEventId: (to === 'first' ? tasks.at(0) : tasks.at(-1))?.eventId ?? null,
        requestId: randomUUID(),
      });
      return runId;
    });
  }

  /** Viewers of a story whose rewrite is under way. */
  async function viewed(): Promise<{ projectId: ProjectId; seen: StoryEvent[][]; ended: Promise<StoryEvent[]>[] }> {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 30 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    const seen: StoryEvent[][] = [[], []];
    const ended = seen.map(async (events) => {
      await watchUntil(app.client, projectId, (event) => {
        events.push(event);
        return false;
      });
      return events;
    });
    await until('the text has begun', () => seen.every((events) => textSeen(events, 'rewrite').length > 40));
    return { projectId, seen, ended };
  }

  test.each(['first', 'last'] as const)(
    'to its %s task, open viewers move to the new attempt by themselves and end with the right texts',
    async (to) => {
      const { projectId, ended } = await viewed();
      const runId = await reset(projectId, to);
      const views = await Promise.all(ended);
      const [late] = await watchToEnd(app.client, projectId);
      if (late?.type !== 'snapshot') throw new Error('no snapshot');
      for (const seen of views) {
        expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
        expect(typesOf(seen).filter((type) => type.startsWith('pipeline_'))).toEqual(['pipeline_done']);
        const again = seen.find(({ type }) => type === 'reset');
        // From its first task on the run is opened anew; from a later one on, only its lanes are made again.
        expect(again).toMatchObject({ lane: 'rewrite', reason: to === 'first' ? 'rerun' : 'workflow_reset' });
        for (const lane of ['rewrite', 'storyboard', 'camera_movement/1']) {
          expect(textSeen(seen, lane)).toBe(late.lanes[lane as LaneId]?.text);
          const done = seen.filter((event) => event.type === 'done' && event.lane === lane);
          expect(done).toMatchObject([{ verified: true }]);
        }
      }
      expect(late).toMatchObject({ status: 'completed' });
      const { runId: stored } = await app.client.status(projectId);
      if (to === 'first') expect(stored).toBe(runId);
      expect(await withTemporal(app.config, async (c) => (await workflowOf(c, projectId).describe()).runId)).toBe(
        runId,
      );
    },
  );
});
