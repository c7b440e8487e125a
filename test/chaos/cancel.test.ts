import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { openRedis } from '../../src/stream';
import { testEnv } from '../support/services';
import { typesOf, watchToEnd, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';
import { WORKER_TEST_MS } from '../support/worker-suite';
import { planLongRewrite } from './long-rewrite';

const studio = new StudioControl();

test(
  'A worker that is killed between the stop and the real cancellation costs no second attempt, and the run ends as cancelled',
  async () => {
    const env = testEnv();
    const config = readConfig(env);
    const client = await StoryClient.connect(config);
    const redis = openRedis(config);
    const worker = await WorkerProcess.start(env);
    let next: WorkerProcess | undefined;
    try {
      const { projectId, mark } = await planLongRewrite(client, studio, { seconds: 60 });
      const { runId } = await client.start(projectId);
      const watching = watchToEnd(client, projectId, WORKER_TEST_MS);
      watching.catch(() => undefined);
      await watchUntil(client, projectId, ({ type }) => type === 'token');
      await until('it is told', () => redis.control.stop({ projectId, runId }));
      await until('the stream is closed', async () => (await studio.requests(mark))[0]?.aborted);
      await worker.kill();
      expect(await client.cancel(projectId)).toEqual({ kind: 'requested' });
      next = await WorkerProcess.start(env);
      const events = await watching;
      expect(typesOf(events).filter((type) => /^(pipeline_.*|attention)$/.test(type))).toEqual(['pipeline_error']);
      const { status, lanes } = await client.status(projectId);
      expect(status).toBe('cancelled');
      expect(lanes.find(({ lane }) => lane === 'rewrite')).toMatchObject({ status: 'cancelled', attempt: 1 });
      await withTemporal(config, (temporal) =>
        until('the workflow is over', async () => {
          return (await workflowOf(temporal, projectId).describe()).status.name === 'CANCELLED';
        }),
      );
      expect(await studio.requests(mark)).toHaveLength(1);
    } finally {
      await worker.kill();
      await next?.kill();
      await redis.close();
      await client.close();
    }
  },
  WORKER_TEST_MS,
);
