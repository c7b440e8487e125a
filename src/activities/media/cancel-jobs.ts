import { In, LessThan } from 'typeorm';
import { GeneratedVideo, Scene } from '../../entities';
import { laneId, type LaneId, type ProjectId } from '../../protocol';
import type { ActivityDeps } from '../deps';
import { holderOf } from '../usage/provider-choice';

/** A provider that does not answer holds up the end of a run no longer. */
const PATIENCE_MS = 5_000;

interface OfRun {
  readonly projectId: ProjectId;
  readonly lanes?: readonly LaneId[];
  /** Only jobs that no attempt of this or a newer fence tends. */
  readonly before?: number;
}

/**
 * Ends the video jobs that are under way at their providers, of a project or of some of its lanes, where their APIs can. The
 * next run submits a new job for those, and goes on with the others, which are paid anyway: with one that has just been
 * finished, that the provider would not end, or that it could not be asked about. No job's trouble fails it.
 *
 * Only for lanes that are cancelled for good and whose attempts have ended: an attempt cannot tell that from a pause, after
 * which it goes on with the same job.
 */
export async function cancelJobs(deps: ActivityDeps, { projectId, lanes, before }: OfRun): Promise<void> {
  const { manager } = deps.dataSource;
  if (lanes?.length === 0) return;
  const underWay = await manager.findBy(GeneratedVideo, {
    projectId,
    status: 'submitted',
    ...(before !== undefined && { fence: LessThan(before) }),
  });
  const scenes = await manager.findBy(Scene, { id: In(underWay.map(({ sceneId }) => sceneId)) });
  const laneOf = ({ stage, sceneId }: GeneratedVideo) =>
    laneId(stage, scenes.find(({ id }) => id === sceneId)?.sequenceNumber);
  const jobs = underWay.filter((job) => !lanes || lanes.includes(laneOf(job)));
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await Promise.all(
    jobs.map((job) =>
      cancelJob(deps, job, signal).catch((error: Error) =>
        deps.logger.warn({ projectId, job: job.providerJobId, err: error }, 'a video job could not be ended'),
      ),
    ),
  );
}

async function cancelJob(deps: ActivityDeps, job: GeneratedVideo, signal: AbortSignal): Promise<void> {
  const { id, providerJobId } = job;
  if (providerJobId === null) return;
  const { provider } = await holderOf(deps, job.provider);
  const ended = await provider.cancel(providerJobId, signal);
  if (!ended) return;
  await deps.dataSource.manager.update(
    GeneratedVideo,
    { id, providerJobId, status: 'submitted' },
    { status: 'cancelled' },
  );
}
