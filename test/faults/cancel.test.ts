import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { LaneId, StoryEvent } from '../../src/protocol';
import { openRedis } from '../../src/stream';
import { startApp, testEnv } from '../support/services';
import { ownTopic, typesOf, watchText, watchToEnd, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';
import { planLongRewrite } from '../support/long-rewrite';

const studio = new StudioControl();
const REWRITE = 'rewrite' as LaneId;

test.concurrent(
  'A run that is cancelled while its worker is dead ends as cancelled, and the next worker pays for nothing',
  async () => {
    const env = testEnv();
    const config = readConfig(env);
    const client = await StoryClient.connect(config);
    const worker = await WorkerProcess.start(env);
    let next: WorkerProcess | undefined;
    try {
      const { projectId, mark } = await planLongRewrite(client, studio, { seconds: 60 });
      await client.start(projectId);
      const watching = watchToEnd(client, projectId);
      watching.catch(() => undefined);
      await watchText(client, projectId);
      await worker.kill();
      // The lane's next attempt and the cancellation wait for a worker together.
      await withTemporal(config, (temporal) =>
        until('the lane is to be tried again', async (saw) => {
          const { raw } = await workflowOf(temporal, projectId).describe();
          return saw(raw.pendingActivities?.[0]?.attempt) === 2;
        }),
      );
      expect(await client.cancel(projectId)).toEqual({ kind: 'requested' });
      next = await WorkerProcess.start(env);
      const events = await watching;
      expect(typesOf(events).filter((type) => /^(pipeline_done|attention)$/.test(type))).toEqual([]);
      expect(events.filter(saysCancelled)).toHaveLength(1);
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
      await client.close();
    }
  },
);

test.concurrent('A lane that receives a stop, but whose run continues, is tried again and loses nothing', async () => {
  const app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
  const redis = openRedis(app.config);
  try {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId);
    await watchText(app.client, projectId, 80);
    expect(await redis.control.stop({ projectId, runId, lanes: [REWRITE] })).toBe(true);
    await until('the stream is closed', async () => (await studio.requests(mark))[0]?.aborted);
    const events = await watchUntil(app.client, projectId, ({ type }) => type === 'done');
    expect(events.find(({ type }) => type === 'resumed')).toMatchObject({ lane: REWRITE, attempt: 2 });
    expect(events.at(-1)).toMatchObject({ lane: REWRITE, verified: true });
    const told = events.find((event) => event.type === 'stage_update' && event.message !== undefined);
    expect(told).toMatchObject({ message: expect.stringContaining('received a stop') as string });
  } finally {
    await redis.close();
    await app.close();
  }
});

/** The end of the run, or a snapshot in its place. */
function saysCancelled(event: StoryEvent): boolean {
  return event.type === 'pipeline_error' || (event.type === 'snapshot' && event.status === 'cancelled');
}
