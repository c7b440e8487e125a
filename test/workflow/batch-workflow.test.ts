import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { BatchActivities, BatchId, BatchInput, ProjectId } from '../../src/protocol';
import { SILENT_RUNS } from '../../src/telemetry';
import { fromSetup } from '../support/services';

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

  async function play(input: Omit<BatchInput, 'batchId'>, activities: Partial<BatchActivities>): Promise<unknown> {
    const workflows = resolve(__dirname, '..', '..', 'src', 'workflows');
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: workflows,
      workflowInterceptorModules: [resolve(workflows, 'trace-interceptors')],
      logger: new DefaultLogger('ERROR'),
    });
    const batchId = `test-${randomUUID()}` as BatchId;
    const taskQueue = `workflow-${batchId}`;
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, sinks: SILENT_RUNS });
    return worker.runUntil(() =>
      client.workflow.execute('batch', { workflowId: `batch-${batchId}`, taskQueue, args: [{ ...input, batchId }] }),
    );
  }

  test('asks of many stories in steps of at most 100, and one step that fails stops no other', async () => {
    const projects = Array.from({ length: 250 }, () => ({ projectId: randomUUID() as ProjectId }));
    const asked: number[] = [];
    let failures = 0;
    const counts = await play(
      { projects, carried: projects.map(() => 'processing'), atMost: 250 },
      {
        storyStates: async ({ projectIds }) => {
          asked.push(projectIds.length);
          const isLast = projectIds.includes(projects.at(-1)!.projectId);
          if (isLast && (failures += 1) < 3) throw new Error('Temporal is away');
          // One cannot be looked at now.
          return projectIds.map((_, i) => (isLast && i === 0 && failures === 3 ? null : 'completed'));
        },
      },
    );
    expect(counts).toEqual({ completed: 250 });
    expect(Math.max(...asked)).toBe(100);
    expect(asked.filter((count) => count === 100)).toHaveLength(2);
  });

  test('closes stories that ended from outside under ids of their own, and counts one that cannot be closed as failed', async () => {
    const projects = Array.from({ length: 3 }, () => ({ projectId: randomUUID() as ProjectId }));
    const closed: string[] = [];
    const counts = await play(
      { projects, carried: projects.map(() => 'processing'), atMost: 3 },
      {
        storyStates: async ({ projectIds }) => projectIds.map(() => 'terminated'),
        closeStory: async ({ projectId }) => {
          closed.push(projectId);
          if (projectId === projects[0]?.projectId) throw new Error('this row is stuck');
          return projectId === projects[1]?.projectId ? 'completed' : 'failed';
        },
      },
    );
    expect(counts).toEqual({ failed: 2, completed: 1 });
    expect(new Set(closed).size).toBe(3);
  });
});
