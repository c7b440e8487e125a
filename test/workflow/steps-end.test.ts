import { randomUUID } from 'node:crypto';
import { activityInfo, Context } from '@temporalio/activity';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { STAGES, type ProjectId, type StoryRunId, type StoryStatusView } from '../../src/protocol';
import * as exported from '../../src/workflows';
import { ScriptedWorkflows, type Script } from '../support/scripted-workflows';
import { until } from '../support/until';

/** The workflow on a real server; of its steps, one does not get to its end. */
let workflows: ScriptedWorkflows;

beforeAll(async () => {
  workflows = await ScriptedWorkflows.open();
});
afterAll(() => workflows.close());

describe('A parked lane', () => {
  test.each([
    ['may be repeated', () => new Error('nobody knows why')],
    ['is refused for good', () => ApplicationFailure.nonRetryable('Postgres refuses it', 'Database.Refused')],
  ])('whose step fails and %s keeps no run from being cancelled', async (_what, failure) => {
    const projectId = randomUUID() as ProjectId;
    const done: string[] = [];
    await workflows.start(projectId, {
      openRun: async () => ({ plan: STAGES.slice(0, 1), runFence: 1 }),
      lane: async () => {
        throw ApplicationFailure.nonRetryable('the provider refuses it', 'Provider.BadRequest');
      },
      parkLane: async () => {
        done.push('park');
        throw failure();
      },
      closeRun: async ({ outcome }) => {
        done.push(`close ${outcome}`);
        return { announced: true };
      },
    });
    const handle = workflows.handle(projectId);
    await until('the lane waits for a person', () => done.includes('park'));
    const view = await handle.query<{ status: string }>('status');
    expect(view.status).toBe('needs_attention');
    await handle.cancel();
    const end: unknown = await handle.result().catch((error: unknown) => error);
    expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(done.at(-1)).toBe('close cancelled');
  });
});

describe('A step that a person completes by hand with', () => {
  const LANE = { sha256: 'made', bytes: 1, reused: false, announced: true };

  test.each([[null], [{ plan: [] }], ['done'], [[{}]]])(
    '%j is made again, and the run ends as it would have',
    async (typed) => {
      const projectId = randomUUID() as ProjectId;
      const done: string[] = [];
      const byHandFirst = <T>(step: string, result: T) => {
        return async (): Promise<T> => {
          done.push(step);
          return done.filter((each) => each === step).length === 1 ? (typed as T) : result;
        };
      };
      const stored = { ...LANE, sha256: 'stored', scenes: [1] };
      await workflows.start(
        projectId,
        {
          openRun: byHandFirst('open', { plan: STAGES.slice(0, 3), runFence: 1 }),
          lane: async ({ lane }) => (lane === 'storyboard' ? (typed as never) : LANE),
          // A lane for which nothing is stored is parked: null is a result of this step.
          settledLane: typed === null ? async () => stored : byHandFirst('settled', stored),
          listScenes: byHandFirst('scenes', [1]),
          closeRun: byHandFirst('close', { announced: true }),
        },
        { gates: ['storyboard'] },
      );
      const handle = workflows.handle(projectId);
      await until('it waits at the gate', async () => {
        const { gates } = await handle.query<StoryStatusView>('status');
        return gates.includes('storyboard');
      });
      await handle.signal('approve', { gate: 'storyboard' });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const settled = typed === null ? [] : ['settled', 'settled'];
      expect(done).toEqual(['open', 'open', ...settled, 'scenes', 'scenes', 'close', 'close']);
      const { events = [] } = await handle.fetchHistory();
      expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    },
  );
});

test('A workflow of a type that is not there fails at once, and names the types that are', async () => {
  const projectId = randomUUID() as ProjectId;
  await workflows.start(projectId, { lane: async () => ({}) as never }, {}, 'storry');
  const end: unknown = await workflows
    .handle(projectId)
    .result()
    .catch((error: unknown) => error);
  const { default: _instead, ...types } = exported;
  expect((end as WorkflowFailedError).cause).toMatchObject({
    type: 'Project.Invalid',
    message: `There is no workflow type "storry". The types are ${Object.keys(types).sort().join(', ')}.`,
  });
});

test('A paused run that was reset, and resumed while its rows could not be set, is published as running', async () => {
  const projectId = randomUUID() as ProjectId;
  const rows: string[] = [];
  let isAway = true;
  const script: Script = {
    openRun: async () => ({
      plan: STAGES.slice(0, 1),
      runFence: 1,
      runId: activityInfo().workflowExecution?.runId as StoryRunId,
    }),
    lane: () => Context.current().cancelled,
    markRun: async ({ status }) => {
      rows.push(status);
      return { announced: true };
    },
    adoptRun: async ({ status, lanes }) => {
      if (isAway) throw new Error('Postgres is away');
      rows.push(`${status}: ${lanes.map((lane) => lane.status).join()}`);
    },
  };
  await workflows.start(projectId, script);
  const handle = workflows.handle(projectId);
  const laneIs = (wanted: string) =>
    until(`the lane is ${wanted}`, async () => {
      const { lanes } = await handle.query<StoryStatusView>('status');
      return lanes[0]?.status === wanted;
    });
  await laneIs('processing');
  await handle.executeUpdate('pause', { args: [{ now: true }] });
  await until('nothing is under way', async () => {
    const { pendingActivities, pendingWorkflowTask } = (await handle.describe()).raw;
    return rows.includes('paused') && !pendingActivities?.length && !pendingWorkflowTask;
  });
  await workflows.resetToLast(projectId);
  await laneIs('paused');
  await handle.executeUpdate('cancelLane', { args: [{ lane: 'rewrite' }] });
  await handle.executeUpdate('resume', { args: [{}] });
  isAway = false;
  await until('the rows have the decisions', (saw) => {
    const adopted = saw(rows).indexOf('needs_attention: cancelled');
    return adopted >= 0 && rows.at(-1) === 'needs_attention' && rows.length - 1 > adopted;
  });
  await handle.terminate();
});
