import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { laneQueue, STAGES, STORY_WORKFLOW, workflowIdOf, type ProjectId } from '../../src/protocol';
import { SILENT_RUNS } from '../../src/telemetry';
import { installTemporalRuntime } from '../../src/worker/temporal-runtime';
import { loggerThatCounts } from '../support/sdk-warnings';
import { fromSetup } from '../support/services';
import { until } from '../support/until';
import { WORKFLOW_BUNDLE } from '../support/workflow-bundle';

/** The workflow on a real server; of its steps, one does not get to its end. */
test.each([
  ['may be repeated', () => new Error('nobody knows why')],
  ['is refused for good', () => ApplicationFailure.nonRetryable('Postgres refuses it', 'Database.Refused')],
])('a parked lane whose step fails and %s keeps no run from being cancelled', async (_what, failure) => {
  await installTemporalRuntime(loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')), false);
  const address = fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS');
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const projectId = randomUUID() as ProjectId;
  const taskQueue = `steps-${projectId}`;
  const done: string[] = [];
  const steps = {
    openRun: async () => ({ plan: STAGES.slice(0, 1), runFence: 1 }),
    parkLane: async () => {
      done.push('park');
      throw failure();
    },
    closeRun: async ({ outcome }: { outcome: string }) => {
      done.push(`close ${outcome}`);
      return { announced: true };
    },
    stopLanes: async () => undefined,
    markRun: async () => undefined,
  };
  const generateText = async () => {
    throw ApplicationFailure.nonRetryable('the provider refuses it', 'Provider.BadRequest');
  };
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue, workflowBundle: WORKFLOW_BUNDLE, activities: steps, sinks: SILENT_RUNS }),
    Worker.create({ connection, taskQueue: laneQueue(taskQueue, 'text'), activities: { generateText } }),
  ]);
  const running = workers.map((worker) => worker.run());
  const workflowId = workflowIdOf(projectId);
  const handle = await client.workflow.start(STORY_WORKFLOW, { workflowId, taskQueue, args: [{ projectId }] });
  await until('the lane waits for a person', async () => done.includes('park'));
  const view = await handle.query<{ status: string }>('status');
  expect(view.status).toBe('needs_attention');
  await handle.cancel();
  const end: unknown = await handle.result().catch((error: unknown) => error);
  expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
  expect(done.at(-1)).toBe('close cancelled');
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
  await client.connection.close();
  await connection.close();
});
