import { In, type DataSource, type EntityManager } from 'typeorm';
import { Lane, lockProject, ProjectStage, wastedCalls } from '../../entities';
import {
  boundedLine,
  laneParts,
  projectNotFound,
  STAGES,
  StoryreelError,
  TEXT_BYTES,
  utf8Bytes,
  type EventError,
  type LaneId,
  type LaneResult,
  type LaneTask,
  type ParkRequest,
  type ProjectId,
  type SceneIds,
  type StagePlan,
} from '../../protocol';
import { loadLane } from '../../planning';
import { databaseOf, numbersOf, type StageContext } from '../../stages';
import type { ActivityDeps } from '../deps';
import { laneNow, mustBeInPlace, nothingToMake } from './lane-of-scene';
import { isSupersededRun, type Step } from './current-fence';
import { planScenes, refreshStage } from './stage-rows';

/** One attempt of one lane. Every write below is refused if a newer attempt has claimed the lane. */
export interface LaneAttempt {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  readonly fence: number;
  readonly attempt: number;
}

/** What the next attempt must know about the lane's last unusable answer. */
export interface UnusableAnswers {
  readonly issues: readonly string[];
  readonly times: number;
}

/** The error with the earlier unusable answers; a different failure in between does not reset their count. */
export type LaneError = EventError & {
  readonly times?: number;
  readonly answers?: UnusableAnswers;
  /** Failed calls since the lane began, or was retried by a person, that may have to be paid. */
  readonly paid?: number;
};

/** Thrown by an attempt whose lane a newer attempt, or a person, has claimed. Glossary: stale. */
export class StaleAttempt extends StoryreelError {
  constructor(lane: LaneId) {
    super('Lane.Stale', `A newer attempt has taken over ${lane}; this one stops.`);
  }
}

/** The present data of a lane's stage, and the lane's row before the attempt claimed it. */
export interface LaneBefore {
  readonly context: StageContext;
  readonly before: Lane | undefined;
}

/** A claimed lane. If its scene is gone, there is nothing to do, and `nothing` is the result. */
export type ClaimedLane = (LaneBefore & { readonly nothing?: undefined }) | { readonly nothing: LaneResult };

/**
 * Claims the lane for this attempt. From now on older attempts can write nothing. Throws `Lane.Stale` if a newer attempt
 * has claimed the lane. Throws `Lane.Moved` if the lane belongs to another scene than the request states.
 * Glossary: claim.
 */
export async function claimLane(
  { dataSource, stages }: Pick<ActivityDeps, 'dataSource' | 'stages'>,
  claim: LaneAttempt,
  task: Pick<LaneTask, 'lane' | 'scene' | 'scenes'>,
): Promise<ClaimedLane> {
  const { projectId, lane, fence, attempt } = claim;
  const { stage, scene } = laneParts(lane);
  return dataSource.transaction(async (manager) => {
    await lockProject(manager, projectId);
    const loaded = await loadLane({ dataSource: { manager }, ...(stages && { stages }) }, projectId, lane);
    if (!loaded) throw projectNotFound(projectId);
    const { context, row } = loaded;
    const nothing = task.scene === undefined ? await nothingToMake(context, claim) : undefined;
    if (nothing) return { nothing };
    await mustBeInPlace(context, task);
    // What an attempt notes of the lane comes before this, and is returned, or not at all.
    const [claimed] = await manager.query<Pick<Lane, 'error' | 'inProgressInputHash'>[]>(
      `WITH claimed AS (
         INSERT INTO lanes (project_id, lane, stage, sequence_number, status, fence, attempt, started_at)
         VALUES ($1, $2, $3, $4, 'processing', $5, $6, now())
         ON CONFLICT (project_id, lane) DO UPDATE
           SET status = 'processing', fence = $5, attempt = $6, started_at = now(), finished_at = NULL,
             waits_for = NULL, updated_at = now()
           WHERE lanes.fence <= $5
         RETURNING error, in_progress_input_hash AS "inProgressInputHash"),
       begun AS (
         UPDATE project_stages SET status = 'processing', attempt = $6, started_at = coalesce(started_at, now()),
           finished_at = NULL, updated_at = now()
         WHERE project_id = $1 AND stage = $3 AND status <> 'processing')
       SELECT * FROM claimed`,
      [projectId, lane, stage, scene ?? null, fence, attempt],
    );
    if (!claimed) throw new StaleAttempt(lane);
    if (context.project.status === 'needs_attention') await releaseProject(manager, projectId);
    return { context: { ...context, ...databaseOf(dataSource.manager) }, before: row && { ...row, ...claimed } };
  });
}

/**
 * Selects the lane while this attempt owns it: no newer attempt has claimed it, and its run has not ended or stopped
 * it.
 */
function ownedBy({ projectId, lane, fence }: LaneAttempt) {
  return { projectId, lane, fence, status: In(['processing', 'paused']) };
}

/**
 * Takes over a newer fence that the log knows and no attempt owns. Returns false if the lane has changed meanwhile:
 * then an attempt owns that fence, or has ended the lane again.
 */
export async function takeOverFence(
  dataSource: DataSource,
  { projectId, lane, fence, status }: Lane,
  newer: number,
): Promise<boolean> {
  const { affected } = await dataSource
    .getRepository(Lane)
    .update({ projectId, lane, fence, status }, { fence: newer });
  return affected === 1;
}

/** Stores what this attempt is about to produce, so that the next attempt knows whether it may continue its text. */
export async function noteAttempt(
  dataSource: DataSource,
  claim: LaneAttempt,
  inProgressInputHash: string,
  /** It continues what is there; otherwise no attempt returns to the unfinished text of a person. */
  continues = false,
): Promise<void> {
  const { lane, fence } = claim;
  const noted = { inProgressInputHash, ...(!continues && { editedFence: null, begunFence: fence }) };
  const { affected } = await dataSource.getRepository(Lane).update(ownedBy(claim), noted);
  if (affected !== 1) throw new StaleAttempt(lane);
}

export interface SettledLane {
  readonly inputHash: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly resultHash: string;
  /** The fence under which the result was made: the attempt's own, or an older one if the result is used again. */
  readonly madeBy: number;
  /** The text of a stage that runs once and streams text. */
  readonly text?: { readonly text: string; readonly sha256: string; readonly bytes: number };
  /** Every stage of which a scene that is laid out has a lane; by default ours. */
  readonly known?: readonly StagePlan[];
}

/** For a lane that defines scenes: all scenes that are stored after it. */
export interface LaidOut {
  readonly scenes?: SceneIds;
}

/**
 * Commits the lane in one transaction: the result's own rows by `save`, the lane, and the stage as a whole. If the lane
 * defines scenes, their lanes are included. Throws `Lane.Stale` and changes nothing if a newer attempt has claimed the
 * lane.
 * Glossary: settle.
 */
export async function settleLane(
  dataSource: DataSource,
  claim: LaneAttempt,
  settled: SettledLane,
  save: (manager: EntityManager) => Promise<LaidOut>,
): Promise<LaidOut> {
  const { projectId, lane, fence } = claim;
  const { stage, scene } = laneParts(lane);
  return dataSource.transaction(async (manager) => {
    // One lane settles at a time, so that exactly one of them sees that it was the last.
    await lockProject(manager, projectId);
    // Settled already by this very attempt: the answer was lost, and it settles once more.
    const own = { projectId, lane, fence, status: In(['processing', 'paused', 'completed']) };
    const updated = await manager.update(Lane, own, {
      status: 'completed',
      settledFence: settled.madeBy,
      inputHash: settled.inputHash,
      inputs: { ...settled.inputs },
      acceptsInputs: false,
      inProgressInputHash: null,
      resultHash: settled.resultHash,
      error: null,
      waitsFor: null,
      finishedAt: new Date(),
    });
    if (updated.affected !== 1) throw new StaleAttempt(lane);
    if (scene === undefined) {
      await manager.update(
        ProjectStage,
        { projectId, stage },
        {
          fence,
          attempt: claim.attempt,
          ...(settled.text && {
            text: settled.text.text,
            sha256: settled.text.sha256,
            textBytes: settled.text.bytes,
          }),
        },
      );
    }
    const result = await save(manager);
    if (result.scenes) await planScenes(manager, projectId, numbersOf(result.scenes), settled.known ?? STAGES);
    await refreshStage(manager, projectId, stage);
    return result;
  });
}

/** Notes what the attempt waits for; null when it works again. */
export async function noteWaiting(dataSource: DataSource, claim: LaneAttempt, waitsFor: EventError | null) {
  await dataSource.getRepository(Lane).update(ownedBy(claim), { waitsFor });
}

/**
 * Stores why an attempt failed, for the next attempt and for people. If its text is `isRefused`, no attempt continues it.
 * Does nothing if a newer attempt has the lane.
 */
export async function noteFailure(
  dataSource: DataSource,
  claim: LaneAttempt,
  error: LaneError,
  isRefused: boolean,
): Promise<void> {
  const noted = { error, ...(isRefused && { inProgressInputHash: null }) };
  await dataSource.getRepository(Lane).update(ownedBy(claim), noted);
}

/** The attempt has stopped, and the next one waits until a person lets it begin. */
export async function pauseLane(dataSource: DataSource, { projectId, lane, fence }: LaneAttempt): Promise<void> {
  await dataSource.getRepository(Lane).update({ projectId, lane, fence, status: 'processing' }, { status: 'paused' });
}

/**
 * The lane waits for a person: its retries are used up, or a person has stopped it. Returns the lane's current name.
 * Returns undefined and changes nothing if the scene was removed, or if another attempt or run has begun since this
 * step.
 */
export async function storeAttention(
  dataSource: DataSource,
  { as = 'needs_attention', error: failure, ...address }: ParkRequest,
  { fence, at }: Step,
): Promise<LaneId | undefined> {
  const { projectId } = address;
  const { stage } = laneParts(address.lane);
  return dataSource.transaction(async (manager) => {
    // No edit moves a scene from here on.
    await lockProject(manager, projectId);
    if (await isSupersededRun(manager, projectId, fence)) return undefined;
    const lane = await laneNow(manager, address);
    const wasted = lane === undefined ? undefined : (await wastedCalls(manager, projectId, lane)).get(lane);
    const error = as === 'needs_attention' && wasted !== undefined ? withWasted(failure, wasted) : failure;
    const [, parked] = await manager.query<[unknown, number]>(
      `UPDATE lanes SET status = $4, error = $3, finished_at = $6, updated_at = now()
       WHERE project_id = $1 AND lane = $2 AND fence <= $5 AND status <> 'skipped'`,
      [projectId, lane ?? null, error, as, fence, at],
    );
    if (lane === undefined || parked === 0) return undefined;
    await refreshStage(manager, projectId, stage, error);
    // A pause is published by a step of its own.
    await manager.query(
      `UPDATE projects SET error = $2, updated_at = now(),
         status = CASE status WHEN 'paused' THEN status ELSE 'needs_attention' END
       WHERE id = $1`,
      [projectId, error],
    );
    return lane;
  });
}

/** The failure of a parked lane, with the calls that were paid for it in vain. Its own words are cut first. */
function withWasted(error: EventError, calls: number): EventError {
  const paid = calls === 1 ? '1 call of it was paid and is' : `${calls} calls of it were paid and are`;
  const said = `. ${paid} in no result.`;
  const words = error.message.replace(/[.\s]+$/, '');
  return { ...error, message: boundedLine(words, TEXT_BYTES.message - utf8Bytes(said)) + said };
}

/** The project is `processing` again if none of its lanes needs attention any more. */
export async function releaseProject(manager: EntityManager, projectId: ProjectId): Promise<void> {
  await manager.query(
    `UPDATE projects SET status = 'processing', error = NULL, updated_at = now()
     WHERE id = $1 AND status = 'needs_attention'
       AND NOT EXISTS (SELECT 1 FROM lanes WHERE project_id = $1 AND status IN ('needs_attention', 'cancelled'))`,
    [projectId],
  );
}
