import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure, type CancelledFailure } from '@temporalio/common';
import { Project, Scene, type Lane } from '../entities';
import {
  fenceOf,
  laneParts,
  stageOf,
  StoryreelError,
  type EventBody,
  type LaneResult,
  type LaneTask,
  type ResetReason,
  type StageName,
} from '../protocol';
import type { Settlement, StageContext, StoredResult } from '../stages';
import type { LaneWriter, TextWriter } from '../stream';
import { announceLane, storedResult } from './announce';
import type { ActivityDeps } from './deps';
import { handOver } from './hand-over';
import { startHeartbeat } from './heartbeat';
import {
  claimLane,
  noteAttempt,
  noteFailure,
  pauseLane,
  settleLane,
  StaleAttempt,
  type LaneAttempt,
  type LaneError,
  type SettledLane,
  type UnusableAnswers,
} from './lane-store';
import { classify, toApplicationFailure } from './stage-failure';

/** The model is asked at most so many times for an answer that can be used. */
const MOST_ANSWERS = 3;

/** Viewers are told right away where it takes no longer. Else it becomes a step of its own, which no lane waits for. */
const TELLING_MS = 1_000;

/** What a lane is made from, known before anything is paid. */
export interface LanePlan<Inputs> {
  readonly inputHash: string;
  readonly model: string;
  readonly inputs: Inputs;
}

/** One attempt at a lane, as the maker of its result sees it. */
export interface LaneRun {
  readonly deps: ActivityDeps;
  readonly claim: LaneAttempt & LaneWriter;
  readonly context: StageContext;
  readonly stage: StageName;
  /** Aborts when Temporal cancels, when the worker shuts down, and when a newer attempt has taken over. */
  readonly signal: AbortSignal;
  /** Why the text goes that an earlier attempt, of this run or one before, has written to the lane. */
  readonly resets?: ResetReason;
  /** The attempt before this one, where it was making the same thing and did not get to its end. */
  readonly interrupted?: { readonly fence: number };
  /** Set where everything older shall be made again, even from the same inputs. */
  readonly madeSince?: number;
  /** Set where the model must be asked again, with what was wrong. */
  readonly unusable?: UnusableAnswers;
  /** What people said was wrong with earlier results. */
  readonly feedback: readonly string[];
  readonly counters: Record<string, number>;
  /** Tells viewers, if they can be reached now; the attempt does not wait for it. */
  tell(body: EventBody): void;
  stop(reason: Error): void;
  settle(
    settled: Omit<SettledLane, 'madeBy' | 'inputHash'>,
    save: (context: StageContext, settlement: Settlement) => Promise<{ readonly scenes?: readonly number[] }>,
  ): Promise<{ readonly scenes?: readonly number[] }>;
}

export interface LaneMaker<Inputs> {
  plan(run: LaneRun): Promise<LanePlan<Inputs>>;
  /** Makes and settles the result. */
  make(run: LaneRun, plan: LanePlan<Inputs>): Promise<MadeLane>;
  /** The scenes that a stored result laid out. */
  scenes?(run: LaneRun): Promise<readonly number[]> | undefined;
}

export interface MadeLane {
  readonly sha256: string;
  readonly bytes: number;
  readonly scenes?: readonly number[];
  readonly writer?: TextWriter;
}

/**
 * Runs one attempt of one lane: claim it, use the settled result again if it was made from the same inputs, else make it,
 * settle it, and tell viewers. Whatever goes wrong leaves as one `ApplicationFailure` with a dotted type.
 */
export async function runLane<Inputs>(
  deps: ActivityDeps,
  task: LaneTask,
  maker: LaneMaker<Inputs>,
): Promise<LaneResult> {
  const info = activityInfo();
  const { projectId, lane, runId } = task;
  const fence = fenceOf(info.currentAttemptScheduledTimestampMs, info.attempt);
  const attempt = info.attempt + (task.attemptsBefore ?? 0);
  const claim = { projectId, lane, fence, attempt };
  const counters: Record<string, number> = {};
  const stopHeartbeat = startHeartbeat(() => ({ ...counters }));
  const stopped = new AbortController();
  const cancelled = Context.current().cancellationSignal;
  let unusable: UnusableAnswers | undefined;

  try {
    const context = await loadContext(deps, task);
    const before = await claimLane(deps.dataSource, claim);
    unusable = attempt > 1 ? earlierAnswers(before?.error) : undefined;
    const run: LaneRun = {
      deps,
      claim,
      context,
      stage: stageOf(lane),
      signal: AbortSignal.any([cancelled, stopped.signal]),
      ...(before && before.fence > 0 && { resets: resetReason(attempt, task) }),
      ...(task.madeSince !== undefined && { madeSince: task.madeSince }),
      ...(unusable && { unusable }),
      feedback: before?.feedback ?? [],
      counters,
      tell: (body) => tell(deps, claim, body),
      stop: (reason) => stopped.abort(reason),
      settle: (settled, save) =>
        settleLane(deps.dataSource, claim, { ...settled, inputHash: plan.inputHash, madeBy: fence }, (manager) =>
          save({ ...context, manager }, { fence, inputHash: plan.inputHash, model: plan.model }),
        ),
    };
    const plan = await maker.plan(run);

    const reusable =
      before?.inputHash === plan.inputHash && (before.settledFence ?? 0) >= (task.madeSince ?? 0)
        ? await storedResult(deps.dataSource.manager, projectId, lane)
        : undefined;
    const made = reusable
      ? await useAgain(run, plan.inputHash, before?.settledFence ?? fence, reusable, maker)
      : await make(run, plan, before, maker);

    const telling = announceLane(deps, { projectId, lane, runId, ...(made.writer && { text: made.writer }) });
    const announced = await toldWithin(TELLING_MS, telling);
    return {
      sha256: made.sha256,
      bytes: made.bytes,
      reused: reusable !== undefined,
      announced,
      ...(made.scenes && { scenes: made.scenes }),
    };
  } catch (error) {
    throw await leave(deps, claim, task, error, cancelled, unusable);
  } finally {
    stopHeartbeat();
  }
}

async function loadContext({ dataSource }: ActivityDeps, { projectId, lane }: LaneTask): Promise<StageContext> {
  const { manager } = dataSource;
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw new StoryreelError('Project.NotFound', `There is no project ${projectId}.`);
  const { scene: sequenceNumber } = laneParts(lane);
  if (sequenceNumber === undefined) return { manager, project };
  const scene = await manager.findOneBy(Scene, { projectId, sequenceNumber });
  return { manager, project, ...(scene && { scene }) };
}

async function make<Inputs>(
  run: LaneRun,
  plan: LanePlan<Inputs>,
  before: Lane | undefined,
  maker: LaneMaker<Inputs>,
): Promise<MadeLane> {
  const sameWork = before?.attemptedHash === plan.inputHash && before.fence >= (run.madeSince ?? 0);
  const interrupted = sameWork && !run.unusable ? { fence: before.fence } : undefined;
  await noteAttempt(run.deps.dataSource, run.claim, plan.inputHash);
  run.tell({ type: 'stage_update', status: 'processing' });
  return maker.make({ ...run, ...(interrupted && { interrupted }) }, plan);
}

async function useAgain<Inputs>(
  run: LaneRun,
  inputHash: string,
  madeBy: number,
  { sha256, bytes }: StoredResult,
  maker: LaneMaker<Inputs>,
): Promise<MadeLane> {
  const scenes = await maker.scenes?.(run);
  await settleLane(run.deps.dataSource, run.claim, { inputHash, resultHash: sha256, madeBy }, () =>
    Promise.resolve(scenes ? { scenes } : {}),
  );
  return { sha256, bytes, ...(scenes && { scenes }) };
}

/** False where it is not done yet. It goes on then, and does no harm to the step that tells the same. */
async function toldWithin(ms: number, telling: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  return Promise.race([telling, patience]).finally(() => clearTimeout(timer));
}

function resetReason(attempt: number, { afterReset }: LaneTask): ResetReason {
  if (attempt > 1) return 'retry';
  return afterReset ? 'workflow_reset' : 'rerun';
}

function tell(deps: ActivityDeps, claim: LaneAttempt, body: EventBody): void {
  const { stage, scene } = laneParts(claim.lane);
  deps.log
    .publish({
      projectId: claim.projectId,
      stage,
      writer: claim,
      events: [body],
      ...(scene === undefined && { upstream: [{ stage, body }] }),
    })
    .catch((error: Error) => deps.logger.debug({ err: error.message, lane: claim.lane }, 'viewers missed an update'));
}

/** An operator has paused the lane's activity: it goes on when they unpause it. */
async function tellPaused(deps: ActivityDeps, claim: LaneAttempt): Promise<void> {
  await pauseLane(deps.dataSource, claim).catch(() => undefined);
  tell(deps, claim, { type: 'stage_update', status: 'paused' });
}

function earlierAnswers(error: LaneError | null | undefined): UnusableAnswers | undefined {
  return error?.type === 'Output.Unusable' ? { issues: error.issues ?? [], times: error.times ?? 1 } : undefined;
}

/** Turns what stopped an attempt into what Temporal must know, and keeps it for the next attempt. */
async function leave(
  deps: ActivityDeps,
  claim: LaneAttempt,
  task: LaneTask,
  error: unknown,
  cancelled: AbortSignal,
  unusable: UnusableAnswers | undefined,
): Promise<Error> {
  const lane = { projectId: claim.projectId, lane: claim.lane, attempt: claim.attempt };
  if (cancelled.aborted) {
    const reason = cancelled.reason as CancelledFailure;
    if (reason.message !== 'WORKER_SHUTDOWN') {
      if (Context.current().cancellationDetails?.paused) await tellPaused(deps, claim);
      return reason;
    }
    deps.logger.info(lane, 'handing the lane to another worker');
    return handOver(task.attemptsBefore === undefined ? undefined : claim.attempt);
  }
  const failure = classify(error);
  deps.logger.warn({ ...lane, type: failure.type, err: error }, failure.message);
  if (error instanceof StaleAttempt) deps.metrics?.staleWritesRefused.of({ store: 'postgres' }).add(1);
  if (failure.type === 'Lane.Stale') return toApplicationFailure(error);
  const times = failure.type === 'Output.Unusable' ? (unusable?.times ?? 0) + 1 : undefined;
  const { type, message, retryable, issues } = failure;
  await noteFailure(deps.dataSource, claim, {
    type,
    message,
    retryable,
    ...(issues && { issues }),
    ...(times && { times }),
  }).catch((err: Error) => deps.logger.warn({ ...lane, err: err.message }, 'the failure could not be noted'));
  const again = times !== undefined && times < MOST_ANSWERS;
  // Otherwise a viewer would see nothing at all until the next attempt begins.
  if (retryable || again) tell(deps, claim, { type: 'stage_update', status: 'processing', message });
  return again ? askOnceMore(message, issues) : toApplicationFailure(error);
}

/** Asking the model again is an attempt like any other: with a fence, a usage row and a place in the Temporal UI. */
function askOnceMore(message: string, issues: readonly string[] | undefined): Error {
  return ApplicationFailure.create({
    type: 'Output.Unusable',
    message,
    nonRetryable: false,
    nextRetryDelay: '100 milliseconds',
    ...(issues && { details: [{ issues }] }),
  });
}
