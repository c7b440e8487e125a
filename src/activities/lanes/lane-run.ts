import type { Lane } from '../../entities';
import {
  defined,
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
import { databaseOf, numbersOf, type Settlement, type StageContext, type StoredResult } from '../../stages';
import type { LaneWriter, TextWriter } from '../../stream';
import { announcedNow } from '../runs/announce';
import { interruptedBy, type Interrupted } from '../text/continuation';
import type { ActivityDeps } from '../deps';
import { outcomeOf, toTemporalFailure } from './lane-failure';
import { OpenAttempt } from './open-attempt';
import type { OutageWait } from './outage';
import {
  claimLane,
  noteAttempt,
  settleLane,
  type LaneAttempt,
  type LaneBefore,
  type LaidOut,
  type SettledLane,
  type UnusableAnswers,
} from './lane-store';
import { spentBefore } from '../usage/spent-calls';
import { withTimeout } from '../../with-timeout';

/**
 * How long an attempt waits for its announcement. A longer announcement becomes a step of its own, and no lane waits
 * for it.
 */
const ANNOUNCE_MS = 1_000;

/** The inputs of a lane's result, known before anything is paid. */
export interface LanePlan<Inputs> extends LaneInputs {
  readonly inputs: Inputs;
}

/** What a lane is planned from. */
export interface LaneSubject {
  /** With the settings of the run, and the frame of the project. */
  readonly deps: ActivityDeps;
  readonly context: StageContext;
  readonly stage: StageName;
  /** The reasons that people gave for rejecting earlier results. */
  readonly feedback: readonly string[];
}

/** One attempt at a planned lane, as the producer of its result sees it. Glossary: attempt. */
export interface LaneRun extends LaneSubject {
  readonly claim: LaneAttempt & LaneWriter;
  /** The lowest fence of an attempt since the lane began, was handed over, or was retried by a person. */
  readonly sinceFence: number;
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
  readonly counters: Record<string, number>;
  /** Publishes an event, if viewers can be reached now. The attempt does not wait for it. */
  publishUpdate(body: EventBody): void;
  stop(reason: Error): void;
  /** The call of this attempt that is about to fail may have to be paid. */
  charged(): void;
  /** Waits for the end of an outage, which costs nothing but time; see `OutageWait`. */
  through: OutageWait['through'];
  /** Stores in Postgres what this attempt produces, before it pays for it. Throws `Lane.Stale` if a newer attempt has the lane. */
  note(): Promise<void>;
  settle(
    settled: Omit<SettledLane, 'madeBy' | 'inputHash' | 'inputs'>,
    save: (context: StageContext, settlement: Settlement) => Promise<LaidOut>,
  ): Promise<LaidOut>;
}

/** What one kind of lane does: it plans a result, and makes it. */
export interface LaneProducer<Inputs> {
  plan(subject: LaneSubject): Promise<LanePlan<Inputs>>;
  /** Makes and settles the result. */
  make(run: LaneRun, plan: LanePlan<Inputs>): Promise<ProducedLane>;
  /** The scenes that a stored result laid out. */
  scenes?(subject: LaneSubject): Promise<SceneIds> | undefined;
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
  producer: LaneProducer<Inputs>,
): Promise<LaneResult> {
  const attempt = new OpenAttempt(deps, task);
  try {
    await attempt.stopIfCancelled();
    const claimed = await attempt.outage.through(() => claimLane(deps, attempt.claim, task));
    if (claimed.nothing) {
      attempt.count('nothing');
      return claimed.nothing;
    }
    attempt.isClaimed = true;
    const result = await runClaimed(attempt, claimed, producer);
    attempt.count(result.reused ? 'reused' : 'settled');
    return result;
  } catch (error) {
    const failure = await toTemporalFailure(attempt, await attempt.reasonOf(error));
    attempt.count(outcomeOf(failure));
    throw markLogged(failure);
  } finally {
    attempt.end();
  }
}

/** Plans the claimed lane, makes its result or uses the stored one again, settles it and announces it. */
async function runClaimed<Inputs>(
  attempt: OpenAttempt,
  { context, before }: LaneBefore,
  producer: LaneProducer<Inputs>,
): Promise<LaneResult> {
  const { deps, task, claim, spent, outage } = attempt;
  const { stage } = laneParts(claim.lane);
  // If this worker does not know the stage, another one may: in a deploy, or with workers of several kinds.
  context.stages.definition(stage);
  if (claim.attempt > 1) Object.assign(spent, spentBefore(before?.error));
  const subject: LaneSubject = {
    deps: withProject(deps, context.project, context.project.runSettings),
    context,
    stage,
    feedback: before?.feedback ?? [],
  };
  const plan = await outage.through(() => producer.plan(subject));
  attempt.signal.throwIfAborted();

  const stored = await reusableResult(attempt, plan, { context, before });
  const reused = stored !== undefined;
  deps.logger.debug({ reuses: reused, fence: claim.fence, model: plan.model }, 'the lane is planned');
  const run = laneRunOf(attempt, subject, plan, before);
  const made = stored
    ? await outage.through(() => useAgain(run, plan, stored, producer))
    : await make(run, plan, before, producer);

  const announced = await announcedInTime(deps, task, made.writer);
  deps.logger.debug({ bytes: made.bytes, sha256: made.sha256, announced }, 'the lane is settled');
  return {
    sha256: made.sha256,
    bytes: made.bytes,
    reused,
    announced,
    ...(made.scenes && { scenes: numbersOf(made.scenes), sceneIds: made.scenes }),
  };
}

function laneRunOf(
  attempt: OpenAttempt,
  subject: LaneSubject,
  { inputHash, parts, model }: LaneInputs,
  before: Lane | undefined,
): LaneRun {
  const { deps, task, claim, spent, outage, signal } = attempt;
  const { fence } = claim;
  return {
    ...subject,
    claim,
    sinceFence: attempt.sinceFence,
    signal,
    ...(before && before.fence > 0 && { resets: resetReason(before, claim.attempt, task) }),
    ...(task.madeSince !== undefined && { minResultFence: task.madeSince }),
    ...(spent.unusable && { unusable: spent.unusable }),
    ...(claim.attempt > 1 && { wasTurnedAway: before?.error?.type === 'Provider.RateLimited' }),
    counters: attempt.counters,
    publishUpdate: (body) => attempt.publishUpdate(body),
    stop: (reason) => attempt.stop(reason),
    charged: () => void (spent.isCharged = true),
    through: (work, isFree) => outage.through(work, isFree),
    note: () => noteAttempt(deps.dataSource, claim, inputHash),
    settle: async (settled, save) => {
      signal.throwIfAborted();
      return outage.through(() =>
        settleLane(deps.dataSource, claim, { ...settled, inputHash, inputs: parts, madeBy: fence }, (manager) =>
          save({ ...subject.context, ...databaseOf(manager) }, { fence, inputHash, model }),
        ),
      );
    },
  };
}

/** A committed result that is used again, and the fence under which it was made. */
type ReusableResult = StoredResult & { readonly madeBy: number };

/** The committed result, if it was made from the same inputs and, with `force`, in this run. */
async function reusableResult(
  { task, claim, outage }: OpenAttempt,
  { inputHash }: LaneInputs,
  { context, before }: LaneBefore,
): Promise<ReusableResult | undefined> {
  if (!before || (before.inputHash !== inputHash && !before.acceptsInputs)) return undefined;
  if ((before.settledFence ?? 0) < (task.madeSince ?? 0)) return undefined;
  const stored = await outage.through(() => storedIn(context, claim.lane));
  return stored && { ...stored, madeBy: before.settledFence ?? claim.fence };
}

async function make<Inputs>(
  run: LaneRun,
  plan: LanePlan<Inputs>,
  before: Lane | undefined,
  producer: LaneProducer<Inputs>,
): Promise<ProducedLane> {
  const sameWork = before?.inProgressInputHash === plan.inputHash && before.fence >= (run.minResultFence ?? 0);
  const { manager } = run.deps.dataSource;
  const interrupted = sameWork ? await run.through(() => interruptedBy(manager, before)) : undefined;
  run.publishUpdate({ type: 'stage_update', status: 'processing' });
  if (!interrupted) return producer.make(run, plan);
  const note = () => noteAttempt(run.deps.dataSource, run.claim, plan.inputHash, true);
  return producer.make({ ...run, note, interrupted }, plan);
}

async function useAgain<Inputs>(
  run: LaneRun,
  { inputHash, parts }: LaneInputs,
  { sha256, bytes, madeBy }: ReusableResult,
  producer: LaneProducer<Inputs>,
): Promise<ProducedLane> {
  const scenes = await producer.scenes?.(run);
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

/** Announces the settled lane. Returns false if it is not announced yet: a step of its own announces it then. */
async function announcedInTime(
  deps: ActivityDeps,
  { projectId, lane, scene, runId }: LaneTask,
  text: TextWriter | undefined,
): Promise<boolean> {
  const announcement = announcedNow(deps, { projectId, lane, runId, ...defined({ scene, text }) });
  // After a timeout the announcement continues in the background, which is safe because announcing twice has no effect.
  return withTimeout(announcement, ANNOUNCE_MS, false);
}

function resetReason({ fence, editedFence }: Lane, attempt: number, { afterReset }: LaneTask): ResetReason {
  if (fence === editedFence) return 'edited';
  if (attempt > 1) return 'retry';
  return afterReset ? 'workflow_reset' : 'rerun';
}
