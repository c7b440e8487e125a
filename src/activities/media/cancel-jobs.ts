import { In, LessThan } from 'typeorm';
import { GeneratedVideo, Scene } from '../../entities';
import { laneId, type LaneId, type ProjectId } from '../../protocol';
import type { ActivityDeps } from '../deps';
import { holderOf } from '../usage/provider-choice';

/** A provider that does not answer holds up the end of a run no longer. */
const TIMEOUT_MS = 5_000;

/** Which jobs are ended: those of the project, or of some of its lanes. */
interface JobSelection {
  readonly projectId: ProjectId;
  readonly lanes?: readonly LaneId[];
  /** Only jobs of attempts with a lower fence. */
  readonly before?: number;
}

/**
 * Ends the running video jobs of a project, or of some of its lanes, at their providers, if the providers' APIs can
 * do it. The next run submits a new job for each ended one, and continues the others, which are paid anyway. A job
 * continues if it has just finished, if the provider did not end it, or if the provider did not answer. A failure
 * with one job does not fail the step.
 *
 * It is only for lanes that are cancelled for good and whose attempts have ended. An attempt cannot distinguish this
 * from a pause, after which it continues with the same job.
 */
export async function cancelJobs(deps: ActivityDeps, { projectId, lanes, before }: JobSelection): Promise<void> {
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
  const signal = AbortSignal.timeout(TIMEOUT_MS);
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
