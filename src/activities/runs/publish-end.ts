import type { DataSource } from 'typeorm';
import type { Lane } from '../../entities';
import type { Logger } from '../../logger';
import type { LaneId, ProjectId } from '../../protocol';
import type { PlanSource } from '../../planning';
import type { EventLog, LaneWriter, PublishReply, PublishRequest } from '../../stream';
import type { StoryMetrics } from '../../telemetry';
import { adoptFence } from '../lanes/lane-store';

export interface EndSource extends Pick<PlanSource, 'stages'> {
  readonly dataSource: DataSource;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics?: StoryMetrics;
}

type End = Omit<PublishRequest, 'projectId' | 'stage' | 'writer'>;
type Told = Exclude<PublishReply, { kind: 'stale' }> | { readonly kind: 'superseded' };

export function writerOf({ projectId, lane, fence, attempt }: Lane): LaneWriter {
  return { projectId: projectId as ProjectId, lane: lane as LaneId, fence, attempt };
}

/**
 * Publishes how a lane has ended, under the fence that Postgres has for it. Postgres owns the fence: where the log knows a
 * newer one, either a newer attempt has the lane, and this end is superseded; or nobody owns that fence, which is a fault.
 * Then Postgres takes it over, and the end is published under it. `row` is as it is then.
 */
export async function publishEnd(
  source: EndSource,
  row: Lane,
  end: (row: Lane) => End,
): Promise<{ readonly reply: Told; readonly row: Lane }> {
  const { log, dataSource, logger, metrics } = source;
  for (let owner = row; ;) {
    const { lane, stage } = owner;
    const writer = writerOf(owner);
    const reply = await log.publish({ projectId: writer.projectId, stage, writer, ...end(owner) });
    if (reply.kind !== 'stale') return { reply, row: owner };
    if (!(await adoptFence(dataSource, owner, reply.fence))) return { reply: { kind: 'superseded' }, row: owner };
    logger.warn(
      { projectId: writer.projectId, lane, fence: owner.fence, logged: reply.fence, status: owner.status },
      'the log refused the end of a lane for a fence that nobody owns; it is published under that fence',
    );
    metrics?.logRefusals.of({ cause: 'stale' }).add(1);
    owner = { ...owner, fence: reply.fence };
  }
}
