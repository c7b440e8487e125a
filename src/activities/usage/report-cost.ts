import type { EntityManager } from 'typeorm';
import { afterCommit, usageOf, type ModelUsage } from '../../entities';
import { laneParts } from '../../protocol';
import type { LaneWriter } from '../../stream';
import type { StoryMetrics } from '../../telemetry';
import { withTimeout } from '../../with-timeout';
import type { ActivityDeps } from '../deps';

const KIND_OF = { token: 'text', image: 'image', second: 'video' } as const;

/** How long a failed attempt waits for its cost to be published. */
const PUBLISH_MS = 500;

/** The labels of a call in the metrics. */
export type CalledProvider = Pick<ModelUsage, 'provider' | 'unit'>;

/** The new cost of one row of usage in a transaction, and its cost before. */
export interface CostChange {
  readonly cost: number | null;
  readonly wasted: number;
  readonly before: { readonly cost: number | null; readonly wasted: number };
}

/**
 * Counts the cost of a call after the transaction that stores it has committed. A correction downwards from an estimate
 * is not counted, because a counter never falls.
 */
export function countCost(
  metrics: StoryMetrics | undefined,
  manager: EntityManager,
  call: CalledProvider,
  { cost, wasted, before }: CostChange,
): void {
  if (!metrics) return;
  const { calls } = metrics;
  const labels = labelsOf(call);
  afterCommit(manager, () => {
    calls.paid.of(labels).add(Math.max(0, (cost ?? 0) - (before.cost ?? 0)));
    calls.wasted.of(labels).add(Math.max(0, wasted - before.wasted));
  });
}

/** Counts the cost of a committed result, together with the calls whose texts it has continued. */
export function countUseful(
  metrics: StoryMetrics | undefined,
  manager: EntityManager,
  calls: readonly (CalledProvider & { readonly cost: number })[],
): void {
  afterCommit(manager, () => {
    for (const { cost, ...call } of calls) metrics?.calls.useful.of(labelsOf(call)).add(cost);
  });
}

/** A call was not made, because the budget has no room for it. */
export function countRefusal(metrics: StoryMetrics | undefined, manager: EntityManager, call: CalledProvider): void {
  afterCommit(manager, () => metrics?.calls.budgetRefusals.of(labelsOf(call)).add(1));
}

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

function labelsOf({ provider, unit }: CalledProvider) {
  return { provider, kind: KIND_OF[unit] };
}
