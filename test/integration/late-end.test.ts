import { announceRun, closeRun } from '../../src/activities/run-lifecycle';
import type { ActivityDeps } from '../../src/activities';
import { announceLane } from '../../src/activities/announce';
import { isTerminal, type LaneId, type ProjectId } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { withActivityDeps } from '../support/activity-deps';
import { asAttempt } from '../support/as-attempt';
import { eventsInLog } from '../support/raw-log';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, watchUntil } from '../support/stories';
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
});
