import type { DataSource } from 'typeorm';
import type { Lane } from '../../entities';
import type { Logger } from '../../logger';
import type { PlanSource } from '../../planning';
import type { EventLog, LaneWriter, PublishReply, PublishRequest } from '../../stream';
import type { StoryMetrics } from '../../telemetry';
import { takeOverFence } from '../lanes/lane-store';

export interface EndSource extends Pick<PlanSource, 'stages'> {
  readonly dataSource: DataSource;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics?: StoryMetrics;
}

export type LaneEnd = Omit<PublishRequest, 'projectId' | 'stage' | 'writer'>;
type PublishedEnd = Exclude<PublishReply, { kind: 'stale' }> | { readonly kind: 'superseded' };

export function writerOf({ projectId, lane, fence, attempt }: LaneWriter): LaneWriter {
  return { projectId, lane, fence, attempt };
}

/**
 * Publishes how a lane has ended, under the fence that Postgres stores for it. Postgres owns the fence. If the log
 * knows a newer fence, there are two cases. A newer attempt may have the lane; this end is then superseded. Or no
 * attempt owns that fence, which is a fault: Postgres then takes it over, and the end is published under it. `row` is
 * the lane at that time.
 */
export async function publishEnd(
  source: EndSource,
  row: Lane,
  end: (row: Lane) => LaneEnd,
): Promise<{ readonly reply: PublishedEnd; readonly row: Lane }> {
  const { log, dataSource, logger, metrics } = source;
  for (let owner = row; ;) {
    const { lane, stage } = owner;
    const writer = writerOf(owner);
    const reply = await log.publish({ projectId: writer.projectId, stage, writer, ...end(owner) });
    if (reply.kind !== 'stale') return { reply, row: owner };
    if (!(await takeOverFence(dataSource, owner, reply.fence))) return { reply: { kind: 'superseded' }, row: owner };
    logger.warn(
      { projectId: writer.projectId, lane, fence: owner.fence, logged: reply.fence, status: owner.status },
      'the log refused the end of a lane for a fence that nobody owns; it is published under that fence',
    );
    metrics?.logRefusals.of({ cause: 'stale' }).add(1);
    owner = { ...owner, fence: reply.fence };
  }
}
