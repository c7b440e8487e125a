import { IsNull, type EntityManager } from 'typeorm';
import { GeneratedVideo, ModelUsage } from '../../entities';
import type { ClipOrder } from '../../providers';
import type { LanePlan, LaneRun } from '../lanes/lane-run';
import { StaleAttempt } from '../lanes/lane-store';
import { classify } from '../lanes/stage-failure';

/** What a new job is opened for. */
interface JobInputs {
  readonly chosen: { readonly name: string };
}

/** A job in work: what is ordered of it, and where. */
export type OpenJob = Pick<
  GeneratedVideo,
  'id' | 'idempotencyKey' | 'provider' | 'providerJobId' | 'error' | 'orderedSeconds' | 'orderedSize'
>;

/** Returns the job to follow: the running job for these inputs, or a new one, stored before it is submitted. */
export async function openJob(run: LaneRun, plan: LanePlan<JobInputs>): Promise<OpenJob> {
  const { dataSource } = run.deps;
  const { stage } = run;
  const sceneId = run.context.scene?.id ?? null;
  const { projectId, lane, fence } = run.claim;
  const place = { projectId, stage, sceneId: sceneId ?? IsNull() };
  const found = await dataSource.manager.findOneBy(GeneratedVideo, place);
  const underWay = found?.status === 'submitting' || found?.status === 'submitted';
  if (found && underWay && found.inputHash === plan.inputHash) {
    await updateJob(dataSource.manager, run, found, { fence });
    return found;
  }
  const submission = (found?.submission ?? 0) + 1;
  // The key contains the scene's id, not its number: two equal scenes may change places.
  const idempotencyKey = [projectId, stage, sceneId ?? '', plan.inputHash.slice(0, 16), submission].join('/');
  const provider = plan.inputs.chosen.name;
  const [opened] = await dataSource.query<{ id: string }[]>(
    `INSERT INTO generated_videos
       (project_id, scene_id, status, input_hash, submission, idempotency_key, provider, model, fence, stage)
     VALUES ($1, $2, 'submitting', $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT ${sceneId === null ? '(project_id, stage) WHERE scene_id IS NULL' : '(scene_id, stage)'} DO UPDATE
       SET status = 'submitting', input_hash = $3, submission = $4, idempotency_key = $5, provider = $6, model = $7,
           fence = $8, provider_job_id = NULL, ordered_seconds = NULL, ordered_size = NULL, sha256 = NULL,
           media_type = NULL, bytes = NULL, duration_seconds = NULL, submitted_at = NULL, completed_at = NULL,
           error = NULL, updated_at = now()
       WHERE generated_videos.fence <= $8
     RETURNING id`,
    [projectId, sceneId, plan.inputHash, submission, idempotencyKey, provider, plan.model, fence, stage],
  );
  if (!opened) throw new StaleAttempt(lane);
  const ordered = { orderedSeconds: null, orderedSize: null };
  return { id: opened.id, idempotencyKey, provider, providerJobId: null, error: null, ...ordered };
}

/**
 * Whether an earlier attempt may have submitted the job without learning its id: its call is booked, and its end is
 * unknown. A call that the provider refused, or that never reached it, has ended and cost nothing.
 */
export async function mayBeTaken(run: LaneRun, { idempotencyKey }: OpenJob): Promise<boolean> {
  const { projectId } = run.claim;
  const booked = await run.deps.dataSource.manager.findOneBy(ModelUsage, { projectId, idempotencyKey });
  return booked !== null && (booked.outcome === 'in_flight' || booked.estimated);
}

/** What was ordered with a submitted job. A job of an older version has what its scene wants. */
export function orderOf({ orderedSeconds, orderedSize }: OpenJob, wanted: ClipOrder): ClipOrder {
  return { seconds: orderedSeconds ?? wanted.seconds, size: orderedSize ?? wanted.size };
}

/** Writes to the job's row, unless a newer attempt has taken it over. */
export async function updateJob(
  manager: EntityManager,
  run: LaneRun,
  job: OpenJob,
  change: Partial<Omit<GeneratedVideo, 'error'>> & { error?: GeneratedVideo['error'] },
): Promise<void> {
  const { affected } = await manager
    .createQueryBuilder()
    .update(GeneratedVideo)
    .set(change)
    .where('id = :id AND fence <= :fence', { id: job.id, fence: run.claim.fence })
    .execute();
  if (affected !== 1) throw new StaleAttempt(run.claim.lane);
}

/** Stores why there is no clip yet, or none at all. */
export async function storeFault(
  run: LaneRun,
  job: OpenJob,
  why: Error,
  change: Pick<Partial<GeneratedVideo>, 'status'> = {},
): Promise<void> {
  const { type, message, retryable } = classify(why);
  const error = { type, message, retryable };
  await run.through(() => updateJob(run.deps.dataSource.manager, run, job, { ...change, error }));
}
