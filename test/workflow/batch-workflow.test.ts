import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { workflowIdOf, type BatchActivities, type BatchId, type ProjectId } from '../../src/protocol';
import { SILENT_RUNS } from '../../src/telemetry';
import { WORKFLOW_TIME } from '../../src/worker/workflow-time';
import { fromSetup } from '../support/services';
import { WORKFLOW_BUNDLE } from '../support/workflow-bundle';

/** The workflow on a real server, with activities that only say how stories stand: what counts here is what it asks. */
describe('The batch workflow', () => {
  let connection: NativeConnection;
  let client: Client;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const address = fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS');
    connection = await NativeConnection.connect({ address });
    client = new Client({ connection: await Connection.connect({ address }) });
  });
  afterAll(async () => {
    await client.connection.close();
    await connection.close();
  });

  /** Runs a batch of so many projects whose stories somebody else has started, so that it looks at them. */
  async function play(
    count: number,
    activitiesFor: (projectIds: readonly ProjectId[]) => Partial<BatchActivities>,
  ): Promise<unknown> {
    const batchId = `test-${randomUUID()}` as BatchId;
    const taskQueue = `workflow-${batchId}`;
    const projects = Array.from({ length: count }, () => ({ projectId: randomUUID() as ProjectId }));
    const activities = activitiesFor(projects.map(({ projectId }) => projectId));
    const stories = await Promise.all(
      projects.map(({ projectId }) =>
        client.workflow.start('story', {
          workflowId: workflowIdOf(projectId),
          taskQueue: 'nobody',
          args: [{ projectId }],
        }),
      ),
    );
    const worker = await Worker.create({
      ...WORKFLOW_TIME,
      connection,
      taskQueue,
      workflowBundle: WORKFLOW_BUNDLE,
      activities,
      sinks: SILENT_RUNS,
    });
    try {
      return await worker.runUntil(() =>
        client.workflow.execute('batch', {
          workflowId: `batch-${batchId}`,
          taskQueue,
          args: [{ batchId, projects, atMost: count }],
        }),
      );
    } finally {
      await Promise.all(stories.map((story) => story.terminate()));
    }
  }

  test('asks of many stories in steps of at most 100, and one step that fails stops no other', async () => {
    const asked: number[] = [];
    let failures = 0;
    const counts = await play(101, (projectIds) => ({
      storyStates: async ({ projectIds: some }) => {
        asked.push(some.length);
        const last = projectIds.at(-1) as ProjectId;
        const hasLast = some.includes(last);
        if (hasLast && (failures += 1) < 3) throw new Error('Temporal is away');
        // One cannot be looked at now.
        return some.map((id) => (id === last && failures === 3 ? null : 'completed'));
      },
    }));
    expect(counts).toEqual({ completed: 101 });
    expect(Math.max(...asked)).toBeLessThanOrEqual(100);
  });

  test('closes stories that ended from outside under ids of their own, and counts one that cannot be closed as failed', async () => {
    const closed: string[] = [];
    const counts = await play(3, ([stuck, restarted]) => ({
      storyStates: async ({ projectIds }) => projectIds.map(() => 'terminated'),
      closeStory: async ({ projectId }) => {
        closed.push(projectId);
        if (projectId === stuck) throw new Error('this row is stuck');
        return projectId === restarted ? 'completed' : 'failed';
      },
    }));
    expect(counts).toEqual({ failed: 2, completed: 1 });
    expect(new Set(closed).size).toBe(3);
  });

  test.each([[null], ['done'], [{}], [[{}]]])(
    'polls again after its steps were completed by hand with %j',
    async (typed) => {
      const steps: string[] = [];
      const byHandFirst = <T>(step: string, result: T): T => {
        steps.push(step);
        return steps.filter((each) => each === step).length === 1 ? (typed as T) : result;
      };
      const counts = await play(1, () => ({
        storyStates: async () => byHandFirst('look', ['terminated']),
        closeStory: async () => byHandFirst('close', 'cancelled'),
      }));
      expect(counts).toEqual({ cancelled: 1 });
      expect(steps).toEqual(['look', 'look', 'close', 'look', 'close']);
    },
  );
});
