import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { STAGES, type ProjectId } from '../../src/protocol';
import { ScriptedWorkflows } from '../support/scripted-workflows';
import { until } from '../support/until';

/** The workflow on a real server; of its steps, one does not get to its end. */
describe('A parked lane', () => {
  let workflows: ScriptedWorkflows;

  beforeAll(async () => {
    workflows = await ScriptedWorkflows.open();
  });
  afterAll(() => workflows.close());

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
