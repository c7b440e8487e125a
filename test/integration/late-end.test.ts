import { randomUUID } from 'node:crypto';
import { announceRun, closeRun } from '../../src/activities/runs/close-run';
import { parkLane, publishRunStatus, skipLane } from '../../src/activities/runs/run-status';
import type { ActivityDeps } from '../../src/activities';
import { announceLane } from '../../src/activities/runs/announce';
import { isTerminal, workflowIdOf, type LaneId, type LiveStatus, type ProjectId } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { withActivityDeps } from '../support/activity-deps';
import { asAttempt } from '../support/as-attempt';
import { eventsInLog } from '../support/raw-log';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, watchUntil, withTemporal } from '../support/stories';
import { until } from '../support/until';

describe('A step of an older run that hangs until a newer run has begun', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** A project whose first run was cancelled at its gate. */
  async function cancelled(): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    return projectId;
  }

  /** Holds the step's first word to the log until `during` is over, as a worker does that is frozen right before it. */
  async function heldWhile<T>(step: (deps: ActivityDeps) => Promise<T>, during: () => Promise<unknown>): Promise<T> {
    return withActivityDeps(app.config, async (deps) => {
      let thaw = () => undefined as void;
      const thawed = new Promise<void>((resolve) => (thaw = resolve));
      let isHeld = false;
      const publish: EventLog['publish'] = async (request) => {
        isHeld = true;
        await thawed;
        return deps.log.publish(request);
      };
      const frozen = step({ ...deps, log: Object.assign(Object.create(deps.log) as EventLog, { publish }) });
      await until('the step is about to publish', () => isHeld);
      await during();
      thaw();
      return frozen;
    });
  }

  async function startAgain(projectId: ProjectId): Promise<void> {
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'], force: true });
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
  }

  /** What the project's log says of the newer run before it goes on, and whether its viewer then sees it to its end. */
  async function newerRun(projectId: ProjectId) {
    const told = await eventsInLog(app.config.REDIS_URL, projectId);
    const ends = told.filter(isTerminal).length;
    const viewer = watchToEnd(app.client, projectId);
    await app.client.approve(projectId, 'rewrite');
    return { ends, last: (await viewer).at(-1)?.type };
  }

  test('cannot end it', async () => {
    const projectId = await cancelled();
    const closing = { projectId, runId: 'older', outcome: 'failed', announce: true } as const;
    const at = Date.now();
    await heldWhile(
      (deps) => asAttempt(projectId, at, () => closeRun(deps, closing)),
      () => startAgain(projectId),
    );
    const { status } = await app.client.status(projectId);
    expect(status).toBe('awaiting_approval');
    // The end of the first run alone.
    expect(await newerRun(projectId)).toEqual({ ends: 1, last: 'pipeline_done' });
  });

  test('cannot announce an end that it has read before', async () => {
    const projectId = await cancelled();
    const at = Date.now();
    await heldWhile(
      (deps) => asAttempt(projectId, at, () => announceRun(deps, { projectId, runId: 'older' })),
      () => startAgain(projectId),
    );
    await withActivityDeps(app.config, (deps) =>
      asAttempt(projectId, at, () => announceRun(deps, { projectId, runId: 'older' })),
    );
    expect(await newerRun(projectId)).toEqual({ ends: 1, last: 'pipeline_done' });
  });

  test('cannot end it where the newer run is the older one, reset by an operator', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
    const at = Date.now();
    await withTemporal(app.config, async ({ workflowService }) => {
      const workflowExecution = { workflowId: workflowIdOf(projectId), runId };
      const namespace = app.config.TEMPORAL_NAMESPACE;
      const { history } = await workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: workflowExecution,
      });
      const tasks = (history?.events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
      const workflowTaskFinishEventId = tasks.at(-1)?.eventId;
      const requestId = randomUUID();
      await workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution,
        requestId,
        ...(workflowTaskFinishEventId && { workflowTaskFinishEventId }),
      });
    });
    await until('rows are about the new run', async () => {
      const { status, runId: newest } = await app.client.status(projectId);
      return newest !== runId && status === 'awaiting_approval';
    });
    await withActivityDeps(app.config, (deps) =>
      asAttempt(projectId, at, () => closeRun(deps, { projectId, runId, outcome: 'failed', announce: true })),
    );
    expect(await newerRun(projectId)).toEqual({ ends: 0, last: 'pipeline_done' });
  });

  test('changes nothing of a run that has ended', async () => {
    const begun = Date.now();
    const projectId = await cancelled();
    const before = await app.client.status(projectId);
    const error = { type: 'Internal', message: 'late', retryable: true } as const;
    await withActivityDeps(app.config, async (deps) => {
      const lane = 'rewrite' as LaneId;
      await asAttempt(projectId, begun, () => parkLane(deps, { projectId, lane, error }));
    });
    expect(await app.client.status(projectId)).toEqual(before);
  });

  test('does not park a lane again that a person has skipped, however often it is repeated', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await startAgain(projectId);
    const lane = 'rewrite' as LaneId;
    const error = { type: 'Internal', message: 'late', retryable: true } as const;
    await withActivityDeps(app.config, async (deps) => {
      const at = Date.now();
      await asAttempt(projectId, at, () => skipLane(deps, { projectId, runId: 'older', lane }));
      await asAttempt(projectId, at + 1, () => parkLane(deps, { projectId, lane, error }));
    });
    expect((await app.client.status(projectId)).lanes.find((each) => each.lane === lane)?.status).toBe('skipped');
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });

  test('cannot announce a lane in it', async () => {
    const projectId = await cancelled();
    const at = Date.now();
    await startAgain(projectId);
    const before = (await eventsInLog(app.config.REDIS_URL, projectId)).length;
    const lane = 'rewrite' as LaneId;
    await withActivityDeps(app.config, (deps) =>
      asAttempt(projectId, at, () => announceLane(deps, { projectId, lane, runId: 'older' })),
    );
    expect(await eventsInLog(app.config.REDIS_URL, projectId)).toHaveLength(before);
    expect(await newerRun(projectId)).toEqual({ ends: 1, last: 'pipeline_done' });
  });

  test('cannot show the status that the same run had before', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const { runId } = await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
    const at = Date.now();
    const step = (later: number, status: LiveStatus, gates: readonly string[]) => (deps: ActivityDeps) =>
      asAttempt(projectId, at + later, () => publishRunStatus(deps, { projectId, runId, status, paused: [], gates }));
    const eventTypes = async () => (await eventsInLog(app.config.REDIS_URL, projectId)).map(({ type }) => type);
    const status = async () => (await app.client.status(projectId)).status;
    // Its rows are written, and viewers know nothing of it yet.
    const before = await eventTypes();
    await heldWhile(step(0, 'awaiting_approval', ['rewrite']), () =>
      withActivityDeps(app.config, step(2, 'processing', [])),
    );
    expect((await eventTypes()).slice(before.length)).toEqual(['stage_update']);
    expect(await status()).toBe('processing');
    // Nothing of it is written.
    await withActivityDeps(app.config, step(1, 'paused', []));
    expect(await status()).toBe('processing');
    expect((await eventTypes()).slice(before.length)).toEqual(['stage_update']);

    await withActivityDeps(app.config, async (deps) => {
      const error = { type: 'Internal', message: 'late', retryable: true } as const;
      await step(3, 'paused', [])(deps);
      await asAttempt(projectId, at + 4, () => parkLane(deps, { projectId, lane: 'rewrite' as LaneId, error }));
      expect(await status()).toBe('paused');
      await step(5, 'processing', [])(deps);
      expect(await status()).toBe('needs_attention');
    });
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });
});
