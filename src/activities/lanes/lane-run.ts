import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, Context } from '@temporalio/activity';
import type { Lane } from '../../entities';
import {
  laneParts,
  type EventBody,
  type LaneResult,
  type LaneTask,
  type ResetReason,
  type SceneIds,
  type StageName,
} from '../../protocol';
import { markLogged } from '../../log-context';
import { knownStages, storedIn, withProject, type LaneInputs } from '../../planning';
import { linkSignals } from '../../providers';
import { databaseOf, numbersOf, type Settlement, type StageContext, type StoredResult } from '../../stages';
import type { LaneWriter, TextWriter } from '../../stream';
import type { AttemptOutcome } from '../../telemetry';
import { announcedNow } from '../runs/announce';
import { interruptedBy, type Interrupted } from '../text/continuation';
import type { ActivityDeps } from '../deps';
import { startHeartbeat } from './heartbeat';
import { leave, outcomeOf } from './lane-failure';
import { publishUpdate } from './lane-update';
import { OutageWait } from './outage';
import { currentFence } from './current-fence';
import {
  claimLane,
  noteAttempt,
  noteWaiting,
  settleLane,
  type LaneAttempt,
  type LaidOut,
  type SettledLane,
  type UnusableAnswers,
} from './lane-store';
import type { StageFailure } from './stage-failure';
import { spentBefore, wasRefused, type Spent } from '../usage/spent-calls';
import { withTimeout } from '../../with-timeout';
import { LaneStopped } from './stop-signal';

/**
 * How long an attempt waits for its announcement. A longer announcement becomes a step of its own, and no lane waits
 * for it.
 */
const ANNOUNCE_MS = 1_000;

/** How long an attempt that received a stop waits for Temporal's reason. */
const CANCELLATION_MS = 10_000;

/** The inputs of a lane's result, known before anything is paid. */
export interface LanePlan<Inputs> extends LaneInputs {
  readonly inputs: Inputs;
}

/** One attempt at a lane, as the maker of its result sees it. Glossary: attempt. */
export interface LaneRun {
  readonly deps: ActivityDeps;
  readonly claim: LaneAttempt & LaneWriter;
  readonly context: StageContext;
  readonly stage: StageName;
  /** Aborts if the lane is stopped or cancelled, if the worker shuts down, and if a newer attempt takes over. */
  readonly signal: AbortSignal;
  /** Why the text goes that an earlier attempt, of this run or one before, has written to the lane. */
  readonly resets?: ResetReason;
  readonly interrupted?: Interrupted;
  /** Set if every older result must be produced again, even from the same inputs. */
  readonly minResultFence?: number;
  /** Set if the model must be asked again; contains what was wrong with its answers. */
  readonly unusable?: UnusableAnswers;
  /** The provider asked the attempt before this one to come later. */
  readonly wasTurnedAway?: boolean;
  /** The reasons that people gave for rejecting earlier results. */
  readonly feedback: readonly string[];
  readonly counters: Record<string, number>;
  /** Publishes an event, if viewers can be reached now. The attempt does not wait for it. */
  publishUpdate(body: EventBody): void;
  stop(reason: Error): void;
  /** The call of this attempt that is about to fail may have to be paid. */
  charged(): void;
  /** Sits out what costs nothing but time; see `OutageWait`. */
  through: OutageWait['through'];
  /** Stores in Postgres what this attempt produces, before it pays for it. Throws `Lane.Stale` if a newer attempt has the lane. */
  note(): Promise<void>;
  settle(
    settled: Omit<SettledLane, 'madeBy' | 'inputHash' | 'inputs'>,
    save: (context: StageContext, settlement: Settlement) => Promise<LaidOut>,
  ): Promise<LaidOut>;
}

export interface LaneProducer<Inputs> {
  plan(run: LaneRun): Promise<LanePlan<Inputs>>;
  /** Makes and settles the result. */
  make(run: LaneRun, plan: LanePlan<Inputs>): Promise<ProducedLane>;
  /** The scenes that a stored result laid out. */
  scenes?(run: LaneRun): Promise<SceneIds> | undefined;
}

export interface ProducedLane {
  readonly sha256: string;
  readonly bytes: number;
  readonly scenes?: SceneIds;
  readonly writer?: TextWriter;
}

/**
 * Runs one attempt of one lane. It claims the lane, and uses the committed result again if that has the same inputs.
 * Otherwise it produces a result and commits it. Then it announces the result. Every error leaves as one
 * `ApplicationFailure` with a dotted type.
 */
export async function runLane<Inputs>(
  deps: ActivityDeps,
  task: LaneTask,
  maker: LaneProducer<Inputs>,
): Promise<LaneResult> {
  const info = activityInfo();
  const { projectId, lane, scene, runId } = task;
  const fence = currentFence();
  const attempt = info.attempt + (task.attemptsBefore ?? 0);
  const claim = { projectId, lane, fence, attempt };
  const counters: Record<string, number> = {};
  const stopped = new AbortController();
  const cancelled = Context.current().cancellationSignal;
  const stop = linkSignals(cancelled, stopped.signal);
  let waitsFor: StageFailure | undefined;
  const heartbeat = startHeartbeat(
    () => ({ ...counters, ...(waitsFor && { waitsFor: waitsFor.type }) }),
    () => ({ isListening: deps.stops.isListening, stopped: stopped.signal.aborted }),
    () => deps.metrics?.runs.lateHeartbeats.of({}).add(1),
  );
  const runIds = [runId, info.workflowExecution?.runId ?? ''];
  const unregister = deps.stops.register({ projectId, lane, fence, runIds }, () => {
    stopped.abort(new LaneStopped(lane));
    heartbeat.beatSoon();
  });
  const ended = (outcome: AttemptOutcome) =>
    deps.metrics?.runs.attempts.of({ stage: laneParts(lane).stage, outcome }).add(1);
  const spent: Spent = { paid: 0, isCharged: false };
  /**
   * Postgres owns the fence of a lane: the attempt publishes nothing before Postgres has stored the attempt's fence.
   */
  let claimed = false;

  let noted: Promise<void> = Promise.resolve();
  const outage = new OutageWait({
    signal: stop.signal,
    mostPauseMs: deps.config.OUTAGE_RETRY_MS,
    deadline: performance.now() + waitingMs(info.startToCloseTimeoutMs),
    onWait: (failure) => {
      waitsFor = failure;
      const at = { projectId, lane, attempt, type: failure?.type };
      if (failure) deps.logger.warn(at, `the lane waits: ${failure.message}`);
      else deps.logger.info(at, 'the lane waits no more');
      if (!claimed) return;
      // One after the other: what is noted last is what holds.
      noted = noted.then(() => noteWaiting(deps.dataSource, claim, failure ?? null)).catch(() => undefined);
      publishUpdate(deps, claim, {
        ...{ type: 'stage_update', status: 'processing' },
        ...(failure && { message: failure.message }),
      });
    },
  });

  try {
    const opened = await outage.through(() => claimLane(deps, claim, task));
    if (opened.nothing) {
      ended('nothing');
      return opened.nothing;
    }
    const { context, before } = opened;
    claimed = true;
    const { stage } = laneParts(lane);
    // In a deploy, or with workers of several kinds, another worker may know it.
    context.stages.definition(stage);
    const { unusable } = Object.assign(spent, attempt > 1 && spentBefore(before?.error));
    const run: LaneRun = {
      deps: withProject(deps, context.project, context.project.runSettings),
      claim,
      context,
      stage,
      signal: stop.signal,
      ...(before && before.fence > 0 && { resets: resetReason(before, attempt, task) }),
      ...(task.madeSince !== undefined && { minResultFence: task.madeSince }),
      ...(unusable && { unusable }),
      ...(attempt > 1 && { wasTurnedAway: before?.error?.type === 'Provider.RateLimited' }),
      feedback: before?.feedback ?? [],
      counters,
      publishUpdate: (body) => publishUpdate(deps, claim, body),
      stop: (reason) => stopped.abort(reason),
      charged: () => void (spent.isCharged = true),
      through: (work, isFree) => outage.through(work, isFree),
      note: () => noteAttempt(deps.dataSource, claim, plan.inputHash),
      settle: async (settled, save) => {
        run.signal.throwIfAborted();
        const from = { inputHash: plan.inputHash, inputs: plan.parts, madeBy: fence };
        return outage.through(() =>
          settleLane(deps.dataSource, claim, { ...settled, ...from }, (manager) =>
            save({ ...context, ...databaseOf(manager) }, { fence, inputHash: plan.inputHash, model: plan.model }),
          ),
        );
      },
    };
    const plan = await outage.through(() => maker.plan(run));
    run.signal.throwIfAborted();

    const sameInputs = before?.inputHash === plan.inputHash || before?.acceptsInputs;
    const reusable =
      sameInputs && (before?.settledFence ?? 0) >= (task.madeSince ?? 0)
        ? await outage.through(() => storedIn(context, lane))
        : undefined;
    deps.logger.debug({ reuses: reusable !== undefined, fence, model: plan.model }, 'the lane is planned');
    const made = reusable
      ? await outage.through(() => useAgain(run, plan, before?.settledFence ?? fence, reusable, maker))
      : await make(run, plan, before, maker);

    const announcement = announcedNow(deps, {
      ...{ projectId, lane, runId },
      ...(scene !== undefined && { scene }),
      ...(made.writer && { text: made.writer }),
    });
    // After a timeout the announcement continues in the background, which is safe because announcing twice has no effect.
    const announced = await withTimeout(announcement, ANNOUNCE_MS, false);
    deps.logger.debug({ bytes: made.bytes, sha256: made.sha256, announced }, 'the lane is settled');
    ended(reusable ? 'reused' : 'settled');
    return {
      sha256: made.sha256,
      bytes: made.bytes,
      reused: reusable !== undefined,
      announced,
      ...(made.scenes && { scenes: numbersOf(made.scenes), sceneIds: made.scenes }),
    };
  } catch (error) {
    const reason: unknown = stopped.signal.reason;
    if (reason instanceof LaneStopped) await abortedWithin(CANCELLATION_MS, cancelled);
    const why = reason instanceof LaneStopped ? reason : error;
    const failure = await leave(deps, claim, task, why, cancelled, spent, claimed);
    ended(outcomeOf(failure));
    throw markLogged(failure);
  } finally {
    unregister();
    heartbeat.end();
    stop.release();
  }
}

async function make<Inputs>(
  run: LaneRun,
  plan: LanePlan<Inputs>,
  before: Lane | undefined,
  maker: LaneProducer<Inputs>,
): Promise<ProducedLane> {
  const sameWork = before?.inProgressInputHash === plan.inputHash && before.fence >= (run.minResultFence ?? 0);
  const { manager } = run.deps.dataSource;
  const mayContinue = sameWork && !run.unusable && !wasRefused(before.error);
  const interrupted = mayContinue ? await run.through(() => interruptedBy(manager, before)) : undefined;
  run.publishUpdate({ type: 'stage_update', status: 'processing' });
  return maker.make({ ...run, ...(interrupted && { interrupted }) }, plan);
}

async function useAgain<Inputs>(
  run: LaneRun,
  { inputHash, parts }: LaneInputs,
  madeBy: number,
  { sha256, bytes }: StoredResult,
  maker: LaneProducer<Inputs>,
): Promise<ProducedLane> {
  const scenes = await maker.scenes?.(run);
  const settled = {
    inputHash,
    inputs: parts,
    resultHash: sha256,
    madeBy,
    ...(scenes && { known: await knownStages(run.deps) }),
  };
  await settleLane(run.deps.dataSource, run.claim, settled, () => Promise.resolve(scenes ? { scenes } : {}));
  return { sha256, bytes, ...(scenes && { scenes }) };
}

/** How long an attempt may sit out an outage: then it must leave, before Temporal takes it for dead. */
function waitingMs(limitMs: number): number {
  return limitMs - Math.min(30_000, limitMs / 10);
}

/** Resolves when the signal aborts, or after `ms`. */
async function abortedWithin(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function resetReason({ fence, editedFence }: Lane, attempt: number, { afterReset }: LaneTask): ResetReason {
  if (fence === editedFence) return 'edited';
  if (attempt > 1) return 'retry';
  return afterReset ? 'workflow_reset' : 'rerun';
}
