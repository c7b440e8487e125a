import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import {
  isFinal,
  type BatchId,
  type EventError,
  type ProjectPosition,
  type RepairedProject,
  type RunsPage,
} from '../protocol';
import { closeAbandoned } from './abandoned-calls';
import type { ActivityDeps } from './deps';
import { BUSY, closeGoneRun, type ProjectSeen, type RunEnd } from './close-gone-run';
import { tellEnd } from './run-lifecycle';
import type { RunState } from './run-lookup';

const PAGE = 100;
const TELLING_MS = 1_000;
/** Questions to Temporal at the same time. */
const AT_ONCE = 10;

const LIVE = ['queued', ...BUSY];

interface Candidate extends ProjectSeen {
  /** Of a project that is queued. */
  readonly batchId: BatchId | null;
  readonly age: number;
}

type Found = 'live' | 'fresh' | RepairedProject | undefined;

/**
 * Goes through one page of the projects whose rows say that something goes on, asks Temporal of each, and closes those
 * whose run is gone, for viewers, too. Of a project that has ended it closes the lanes that an attempt has claimed since:
 * one of a terminated run, which hears of its end with its next heartbeat only.
 */
export async function reconcileRuns(
  deps: ActivityDeps,
  { graceSeconds, after }: { readonly graceSeconds: number; readonly after?: ProjectPosition },
): Promise<RunsPage> {
  const candidates = await candidatesAfter(deps, after);
  const batches = await openBatches(deps, candidates);
  const found: Found[] = [];
  for (let at = 0; at < candidates.length; at += AT_ONCE) {
    const some = candidates.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map((candidate) => reconcileOne(deps, candidate, batches, graceSeconds)))));
  }
  const last = candidates.length === PAGE ? candidates.at(-1) : undefined;
  return {
    looked: candidates.length,
    live: found.filter((each) => each === 'live').length,
    fresh: found.filter((each) => each === 'fresh').length,
    repaired: found.filter((each) => typeof each === 'object'),
    waitingJobs: last ? 0 : await waitingJobs(deps),
    ...(last && { next: { updatedAt: last.updatedAt, id: last.projectId } }),
  };
}

async function candidatesAfter({ dataSource }: ActivityDeps, after: ProjectPosition | undefined): Promise<Candidate[]> {
  return dataSource.query<Candidate[]>(
    `SELECT id AS "projectId", status, run_id AS "runId", updated_at::text AS "updatedAt",
       CASE WHEN status = 'queued' THEN batch_id END AS "batchId", extract(epoch FROM now() - updated_at)::float8 AS age
     FROM projects
     WHERE (status = ANY ($1::text[]) OR (status IN ('completed', 'failed', 'cancelled') AND (
         id IN (SELECT project_id FROM lanes WHERE status = ANY ($2::text[])) OR
         id IN (SELECT project_id FROM project_stages WHERE status = ANY ($2::text[])))))
       AND ($3::timestamptz IS NULL OR (updated_at, id) > ($3::timestamptz, $4::uuid))
     ORDER BY updated_at, id LIMIT ${PAGE}`,
    [LIVE, BUSY, after?.updatedAt ?? null, after?.id ?? null],
  );
}

/** What is queued in these has no run yet, and will have one. */
async function openBatches({ runs }: ActivityDeps, candidates: readonly Candidate[]): Promise<ReadonlySet<BatchId>> {
  const open = new Set<BatchId>();
  for (const batchId of new Set(candidates.map((each) => each.batchId))) {
    if (batchId !== null && (await runs.isBatchOpen(batchId))) open.add(batchId);
  }
  return open;
}

async function reconcileOne(
  deps: ActivityDeps,
  seen: Candidate,
  batches: ReadonlySet<BatchId>,
  graceSeconds: number,
): Promise<Found> {
  const { projectId, status, batchId } = seen;
  if (batchId !== null && batches.has(batchId)) return 'live';
  const run = await deps.runs.newestRun(projectId);
  if (run.kind === 'open') return 'live';
  const ended = run.kind === 'ended' ? (Date.now() - run.endedAt.getTime()) / 1000 : Infinity;
  if (Math.min(seen.age, ended) < graceSeconds) return 'fresh';
  const end = await closeGoneRun(deps.dataSource, seen, endOf(seen, run), (manager) => tell(deps, manager, seen, run));
  if (!end) return undefined;
  const why = isFinal(status) ? 'Some of its lanes or stages said that somebody works on them.' : whyOf(end);
  deps.logger.warn({ projectId, was: status, now: end.outcome, why }, 'a run was gone, and its rows are repaired');
  return { projectId, was: status, now: end.outcome, why };
}

function endOf({ status, batchId }: Candidate, run: Exclude<RunState, { kind: 'open' }>): RunEnd {
  if (isFinal(status)) return { outcome: status, error: null };
  if (run.kind === 'none') return { outcome: 'failed', error: batchId === null ? UNKNOWN : BATCH_IS_OVER };
  return { outcome: run.outcome, error: run.error ?? null };
}

const UNKNOWN: EventError = {
  type: 'Run.Gone',
  message: 'The run is lost: Temporal knows nothing of it. Start it again.',
  retryable: false,
};

const BATCH_IS_OVER: EventError = {
  type: 'Run.Gone',
  message: 'Its batch has ended before its turn came. Start the batch again.',
  retryable: false,
};

function whyOf({ outcome, error }: RunEnd): string {
  if (error) return error.message;
  return outcome === 'cancelled' ? 'The run was cancelled.' : 'The run had ended.';
}

/**
 * What its calls have cost comes before the end, as with every run. Viewers find it in Postgres where the log cannot be
 * reached now, or hangs. A run that has told its end itself tells no other one.
 */
async function tell(deps: ActivityDeps, manager: EntityManager, { projectId, runId }: Candidate, run: RunState) {
  const execution = run.kind === 'ended' ? run.runId : (runId ?? 'none');
  const patience = new AbortController();
  const late = sleep(TELLING_MS, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`not told within ${TELLING_MS} ms`);
  });
  const told = closeAbandoned(deps, { projectId }).then(() =>
    tellEnd(deps, { projectId, runId: runId ?? execution }, { execution, manager }),
  );
  await Promise.race([told, late])
    .catch((error: Error) => deps.logger.warn({ projectId, err: error.message }, 'viewers were not told of the end'))
    .finally(() => patience.abort());
}

async function waitingJobs({ dataSource }: ActivityDeps): Promise<number> {
  const [{ jobs }] = await dataSource.query<[{ jobs: number }]>(
    `SELECT count(*)::int AS jobs FROM generated_videos AS v JOIN projects AS p ON p.id = v.project_id
     WHERE v.status IN ('submitting', 'submitted') AND p.status IN ('completed', 'failed', 'cancelled')`,
  );
  return jobs;
}
