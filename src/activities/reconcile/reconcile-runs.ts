import { numberOutcomes } from '../../entities';
import { mapInChunks } from '../map-in-chunks';
import {
  FINAL_STATUSES,
  isFinal,
  type BatchId,
  type EventError,
  type ProjectPosition,
  type RepairedProject,
  type RunsPage,
  type UnrepairedProject,
} from '../../protocol';
import type { ActivityDeps } from '../deps';
import { BUSY, type ProjectSeen, type RunEnd } from '../runs/end-run';
import { closeGoneRun, endOf } from '../runs/gone-run';

const PAGE = 100;
/** Questions to Temporal at the same time. */
const AT_ONCE = 10;

/** The most of a message that states why a project was not repaired; the report stays in Temporal's history. */
const MAX_OF_A_MESSAGE = 200;

const LIVE = ['queued', ...BUSY];

interface Candidate extends ProjectSeen {
  /** The batch of a queued project. */
  readonly batchId: BatchId | null;
  readonly age: number;
}

type Found =
  | { readonly kind: 'live' | 'fresh' }
  | { readonly kind: 'repaired'; readonly of: RepairedProject }
  | { readonly kind: 'failed'; readonly of: UnrepairedProject }
  /** It was changed while it was looked at. */
  | undefined;

/**
 * Goes through one page of the projects whose rows show an open run, and asks Temporal about each. It closes those
 * whose run is gone, in rows and for viewers. In an ended project it closes the lanes that an attempt has claimed
 * since. Such an attempt belongs to a terminated run, and learns of the end only with its next heartbeat.
 * Glossary: reconciler.
 */
export async function reconcileRuns(
  deps: ActivityDeps,
  { graceSeconds, after }: { readonly graceSeconds: number; readonly after?: ProjectPosition },
): Promise<RunsPage> {
  if (!after) await removeOldOutcomes(deps);
  const candidates = await candidatesAfter(deps, after);
  const batches = askingBatches(deps);
  // A project that cannot be repaired does not stop the work on the others.
  const found = await mapInChunks(candidates, AT_ONCE, (seen) =>
    reconciled(deps, seen, batches, graceSeconds).catch(({ message }: Error): Found => {
      const { projectId, status } = seen;
      deps.logger.error({ projectId, err: message }, 'a project could not be repaired');
      return { kind: 'failed', of: { projectId, was: status, why: message.slice(0, MAX_OF_A_MESSAGE) } };
    }),
  );
  const last = candidates.length === PAGE ? candidates.at(-1) : undefined;
  return {
    looked: candidates.length,
    live: found.filter((each) => each?.kind === 'live').length,
    fresh: found.filter((each) => each?.kind === 'fresh').length,
    repaired: found.flatMap((each) => (each?.kind === 'repaired' ? [each.of] : [])),
    failed: found.flatMap((each) => (each?.kind === 'failed' ? [each.of] : [])),
    waitingJobs: last ? 0 : await waitingJobs(deps),
    ...(last && { next: { updatedAt: last.updatedAt, id: last.projectId } }),
  };
}

async function candidatesAfter({ dataSource }: ActivityDeps, after: ProjectPosition | undefined): Promise<Candidate[]> {
  return dataSource.query<Candidate[]>(
    `SELECT id AS "projectId", status, run_id AS "runId", updated_at::text AS "updatedAt",
       CASE WHEN status = 'queued' THEN batch_id END AS "batchId", extract(epoch FROM now() - updated_at)::float8 AS age
     FROM projects
     WHERE (status = ANY ($1::text[]) OR (status = ANY ($5::text[]) AND (
         id IN (SELECT project_id FROM lanes WHERE status = ANY ($2::text[])) OR
         id IN (SELECT project_id FROM project_stages WHERE status = ANY ($2::text[])))))
       AND ($3::timestamptz IS NULL OR (updated_at, id) > ($3::timestamptz, $4::uuid))
     ORDER BY updated_at, id LIMIT ${PAGE}`,
    [LIVE, BUSY, after?.updatedAt ?? null, after?.id ?? null, FINAL_STATUSES],
  );
}

/**
 * Whether a batch is open: a project that is queued in it has no run yet, and will get one. Each batch is looked up
 * once.
 */
type BatchesAsked = (batchId: BatchId) => Promise<boolean>;

function askingBatches({ runs }: ActivityDeps): BatchesAsked {
  const asked = new Map<BatchId, Promise<boolean>>();
  return (batchId) => {
    const answer = asked.get(batchId) ?? runs.isBatchOpen(batchId);
    asked.set(batchId, answer);
    return answer;
  };
}

async function reconciled(
  deps: ActivityDeps,
  seen: Candidate,
  batches: BatchesAsked,
  graceSeconds: number,
): Promise<Found> {
  const { projectId, status, batchId } = seen;
  if (batchId !== null && (await batches(batchId))) return { kind: 'live' };
  const run = await deps.runs.newestRun(projectId);
  if (run.kind === 'open') return { kind: 'live' };
  const ended = run.kind === 'ended' ? (Date.now() - run.endedAt.getTime()) / 1000 : Infinity;
  if (Math.min(seen.age, ended) < graceSeconds) return { kind: 'fresh' };
  const ownEnd: RunEnd = isFinal(status)
    ? { outcome: status, error: null }
    : endOf(run, batchId === null ? undefined : BATCH_IS_OVER);
  const end = await closeGoneRun(deps, seen, run, ownEnd);
  if (!end) return undefined;
  const why = isFinal(status) ? 'Some of its lanes or stages showed work in progress.' : whyOf(end);
  deps.logger.warn({ projectId, was: status, now: end.outcome, why }, 'a run was gone, and its rows are repaired');
  return { kind: 'repaired', of: { projectId, was: status, now: end.outcome, why } };
}

const BATCH_IS_OVER: EventError = {
  type: 'Run.Gone',
  message: 'Its batch has ended before its turn came. Start the batch again.',
  retryable: false,
};

function whyOf({ outcome, error }: RunEnd): string {
  if (error) return error.message;
  return outcome === 'cancelled' ? 'The run was cancelled.' : 'The run had ended.';
}

async function waitingJobs({ dataSource }: ActivityDeps): Promise<number> {
  const [{ jobs }] = await dataSource.query<[{ jobs: number }]>(
    `SELECT count(*)::int AS jobs FROM generated_videos AS v JOIN projects AS p ON p.id = v.project_id
     WHERE v.status IN ('submitting', 'submitted') AND p.status = ANY ($1::text[])`,
    [FINAL_STATUSES],
  );
  return jobs;
}

/** Removes outcomes that are older than `OUTCOME_RETENTION_DAYS`. A reader whose cursor is older still is refused then. */
export async function removeOldOutcomes({ dataSource, config, logger }: ActivityDeps): Promise<void> {
  const removed = await dataSource.transaction(async (manager) => {
    // What nobody has read has no position yet, and a reader that comes later must know that it has missed something.
    await numberOutcomes(manager);
    const [{ count }] = await manager.query<[{ count: number }]>(
      `WITH gone AS (
         DELETE FROM outcomes WHERE ended_at < now() - make_interval(days => $1) RETURNING position),
       marked AS (
         UPDATE outcome_positions SET removed = greatest(removed, (SELECT max(position) FROM gone)))
       SELECT count(*)::int AS count FROM gone`,
      [config.OUTCOME_RETENTION_DAYS],
    );
    return count;
  });
  if (removed > 0) logger.info({ removed }, 'old outcomes were removed');
}
