import { setTimeout as sleep } from 'node:timers/promises';
import { openRun } from '../../src/activities/runs/open-run';
import { closeRun } from '../../src/activities/runs/close-run';
import { parkLane } from '../../src/activities/runs/run-status';
import { rejectLanes, skipLane } from '../../src/activities/runs/run-status';
import { readConfig } from '../../src/config';
import { StoryClient } from '../../src/client';
import type { LaneId, StoryStatusView } from '../../src/protocol';
import { createWorker } from '../../src/worker';
import { withActivityDeps } from '../support/activity-deps';
import { asAttempt } from '../support/as-attempt';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { loggerThatCounts } from '../support/sdk-warnings';
import {
  isAtGate,
  ownTopic,
  streamingStory,
  watchToEnd,
  watchUntil,
  withTemporal,
  workflowOf,
} from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('What the rows state of a run that has ended', () => {
  let app: TestApp;
  const studio = new StudioControl();
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('is about what it has made: what it did not plan is pending, not completed', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    await app.client.start(projectId, { stages: ['rewrite', 'storyboard'] });
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    const { lanes, stages } = await app.client.status(projectId);
    const made = ['rewrite', 'storyboard'];
    for (const { stage, status } of stages)
      expect({ stage, status }).toEqual({ stage, status: made.includes(stage) ? 'completed' : 'pending' });
    for (const { lane, status } of lanes)
      expect({ lane, status }).toEqual({ lane, status: made.includes(lane) ? 'completed' : 'pending' });
    expect(lanes).toHaveLength(9);
  });

  test('is that a lane is skipped as soon as a person states it, long before its turn', async () => {
    const projectId = await streamingStory(app.client, studio);
    await app.client.skip(projectId, 'film');
    const film = async () => (await app.client.status(projectId)).lanes.find(({ lane }) => lane === 'film')?.status;
    await until('the row states it', async () => (await film()) === 'skipped');
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    expect(await film()).toBe('skipped');
  });

  test('is that a lane is skipped also where an edit has brought new scenes under its number', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { gates: ['storyboard'] });
    await watchUntil(app.client, projectId, isAtGate);
    await app.client.skip(projectId, 'video_generation/1');
    await app.client.edit(projectId, { add: [{ narration: 'Dawn.', visual_prompt: 'a beach', duration: 1, at: 1 }] });
    await app.client.approve(projectId, 'storyboard');
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    const { lanes } = await app.client.status(projectId);
    const asWorkflow = await withTemporal(app.config, (temporal) =>
      workflowOf(temporal, projectId).query<StoryStatusView>('status'),
    );
    const stand = ({ lane, status }: { lane: string; status: string }) => `${lane} ${status}`;
    expect(lanes.map(stand).sort()).toEqual(asWorkflow.lanes.map(stand).sort());
  });

  test('is about that run also where it was cancelled before it could open', async () => {
    const env = testEnv();
    const client = await StoryClient.connect(readConfig(env));
    const projectId = await client.create({ topic: ownTopic().topic });
    const { runId } = await client.start(projectId);
    await client.cancel(projectId);
    const worker = await createWorker({
      settings: readConfig(env),
      logger: loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')),
    });
    try {
      expect((await watchToEnd(client, projectId)).at(-1)).toMatchObject({ type: 'pipeline_error' });
      expect(await client.status(projectId)).toMatchObject({ status: 'cancelled', runId });
    } finally {
      await client.close();
      await worker.stop();
    }
  });

  test('lets exactly one of two starts have the next run, and refuses the other, also in the moment of its end', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const start = () => app.client.start(projectId, { gates: ['rewrite'] });
    await start();
    for (let round = 0; round < 4; round++) {
      await app.client.cancel(projectId);
      await watchToEnd(app.client, projectId);
      const both = await Promise.allSettled([start(), start()]);
      const refused = both.filter((each) => each.status === 'rejected');
      expect(refused).toMatchObject([{ reason: { type: 'Project.AlreadyRunning' } }]);
    }
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });

  test('is not changed by a step of an older run that comes late', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const before = Date.now();
    await sleep(5);
    await app.client.start(projectId, { gates: ['film'] });
    await watchUntil(app.client, projectId, isAtGate);
    const rows = await app.client.status(projectId);
    const lane = 'film' as LaneId;
    const error = { type: 'Internal', message: mark, retryable: true } as const;
    await withActivityDeps(app.config, async (deps) => {
      const late = <T>(step: () => Promise<T>) => asAttempt(projectId, before, step);
      const closing = {
        projectId,
        runId: 'older',
        outcome: 'failed',
        error,
        announce: true,
        stages: ['film'],
      } as const;
      expect(await late(() => closeRun(deps, closing))).toEqual({ announced: true });
      await late(() => parkLane(deps, { projectId, lane, error }));
      await late(() => skipLane(deps, { projectId, runId: 'older', lane }));
      await late(() => rejectLanes(deps, { projectId, lanes: [lane], reason: mark }));
      await expect(late(() => openRun(deps, { projectId }))).rejects.toMatchObject({ type: 'Run.Gone' });
    });
    expect(await app.client.status(projectId)).toEqual(rows);
    const all = watchToEnd(app.client, projectId);
    await app.client.approve(projectId, 'film');
    const told = await all;
    expect(told.at(-1)?.type).toBe('pipeline_done');
    expect(JSON.stringify(told)).not.toContain(`"message":"${mark}"`);
  });

  test('is not changed by its own beginning, where a cancel has overtaken that', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic });
    const begun = Date.now();
    await withActivityDeps(app.config, async (deps) => {
      const closing = { projectId, runId: 'older', outcome: 'cancelled', announce: true } as const;
      await asAttempt(projectId, begun + 5, () => closeRun(deps, closing));
      const late = asAttempt(projectId, begun, () => openRun(deps, { projectId }));
      await expect(late).rejects.toMatchObject({ type: 'Run.Gone' });
    });
    expect(await app.client.status(projectId)).toMatchObject({ status: 'cancelled' });
    await app.client.start(projectId, { stages: ['rewrite'] });
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  });
});
