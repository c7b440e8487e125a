import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { usageTotals } from '../../entities';
import { laneParts } from '../../protocol';
import type { LaneWriter } from '../../stream';
import type { ActivityDeps } from '../deps';

/** How long a failed attempt waits for its cost to be published. */
const PUBLISH_MS = 500;

/** Publishes what a lane and its project have paid so far, if viewers can be reached now. Never throws. */
export async function publishUsage(
  deps: ActivityDeps,
  writer: LaneWriter,
  manager: EntityManager = deps.dataSource.manager,
): Promise<void> {
  await Promise.race([
    publish(deps, writer, manager).catch((error: Error) =>
      deps.logger.debug({ err: error.message, lane: writer.lane }, 'the usage was not published to viewers'),
    ),
    sleep(PUBLISH_MS, undefined, { ref: false }),
  ]);
}

async function publish({ log }: ActivityDeps, writer: LaneWriter, manager: EntityManager): Promise<void> {
  const { projectId, lane, fence, attempt } = writer;
  const usage = {
    type: 'usage' as const,
    ...(await usageTotals(manager, projectId, lane)),
    project: await usageTotals(manager, projectId),
  };
  const { stage } = laneParts(lane);
  await log.publish({ projectId, stage, writer: { projectId, lane, fence, attempt }, events: [usage] });
}
