import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import {
  GRACE_SECONDS,
  type ProjectPosition,
  type ReconcileActivities,
  type ReconcileInput,
  type ReconcileReport,
  type RunsReport,
} from '../protocol';
import { noteUnknownSignals } from './message-guard';
import { readReconcileInput } from './read-input';
import { isRunsPage, resultOf } from './step-results';

const { reconcileRuns } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 5, maximumInterval: '10 seconds' },
});

const { reconcileMedia } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 3, maximumInterval: '10 seconds' },
});

/** The report stays in history, which has room for so many names. The other repairs are made as well, and counted. */
const MAX_NAMED = 1_000;

/**
 * Repairs rows that no longer match Temporal. It closes runs that have ended without closing themselves, then removes
 * media that nothing refers to. It is safe to run at any time, beside anything.
 */
export async function reconcile(given: ReconcileInput = {}): Promise<ReconcileReport> {
  const input = readReconcileInput(given);
  noteUnknownSignals(setCurrentDetails);
  const graceSeconds = input.graceSeconds ?? GRACE_SECONDS.runs;
  let runs: RunsReport = { looked: 0, live: 0, fresh: 0, repaired: [], failed: [], strays: [], waitingJobs: 0 };
  let after: ProjectPosition | undefined;
  do {
    const request = { graceSeconds, ...(after && { after }) };
    const { next, ...page } = await resultOf(() => reconcileRuns(request), isRunsPage);
    runs = {
      looked: runs.looked + page.looked,
      live: runs.live + page.live,
      fresh: runs.fresh + page.fresh,
      repaired: [...runs.repaired, ...page.repaired].slice(0, MAX_NAMED),
      failed: [...runs.failed, ...(page.failed ?? [])].slice(0, MAX_NAMED),
      strays: [...runs.strays, ...(page.strays ?? [])],
      waitingJobs: runs.waitingJobs + page.waitingJobs,
    };
    after = next;
  } while (after);
  const media = await reconcileMedia({ graceSeconds: input.mediaGraceSeconds ?? GRACE_SECONDS.media });
  return { runs, media };
}
