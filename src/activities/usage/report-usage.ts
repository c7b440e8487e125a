import type { EntityManager } from 'typeorm';
import { usageOf } from '../../entities';
import { laneParts } from '../../protocol';
import type { LaneWriter } from '../../stream';
import type { ActivityDeps } from '../deps';
import { withTimeout } from '../../with-timeout';

/** How long a failed attempt waits for its cost to be published. */
const PUBLISH_MS = 500;

/** Publishes what a lane and its project have paid so far, if viewers can be reached now. Never throws. */
export async function publishUsage(
  deps: ActivityDeps,
  writer: LaneWriter,
  manager: EntityManager = deps.dataSource.manager,
): Promise<void> {
  const published = publish(deps, writer, manager).catch((error: Error) =>
    deps.logger.debug({ err: error.message, lane: writer.lane }, 'the usage was not published to viewers'),
  );
  await withTimeout(published, PUBLISH_MS, undefined);
}

async function publish({ log }: ActivityDeps, writer: LaneWriter, manager: EntityManager): Promise<void> {
  const { projectId, lane, fence, attempt } = writer;
  const { own, project } = await usageOf(manager, projectId, lane);
  const usage = { type: 'usage' as const, ...own, project };
  const { stage } = laneParts(lane);
  await log.publish({ projectId, stage, writer: { projectId, lane, fence, attempt }, events: [usage] });
}
