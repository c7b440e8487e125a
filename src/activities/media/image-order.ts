import { ModelUsage } from '../../entities';
import { StoryreelError } from '../../protocol';
import type { LanePlan, LaneRun } from '../lanes/lane-run';
import { StaleAttempt } from '../lanes/lane-store';
import { mayBeCharged } from '../usage/call-cost';
import { isSpoiled } from '../usage/paid-call';
import { MAX_ORDERS } from '../usage/spent-calls';

const ENDED_EARLY =
  'The image was ordered twice, and each time the work ended before the image was stored. It is not ordered again by itself. ' +
  "Look at the worker's log for the cause, then retry.";

interface OrderedFrom {
  readonly chosen: { readonly honoursKey: boolean };
}

/**
 * The key is made from the scene's id, not from its number. If the answer was lost, or the scene has moved meanwhile,
 * the request is repeated under its key. If the provider honours the key, it charges nothing again. Any other request
 * gets a new key, because a useless image must not be returned for ever.
 *
 * Throws `Media.Unusable` if this attempt would order a third image, because the workers of two attempts died with
 * theirs.
 */
export async function imageKey(run: LaneRun, { inputHash, inputs }: LanePlan<OrderedFrom>): Promise<string> {
  const { projectId } = run.claim;
  const base = [projectId, run.stage, run.context.scene?.id, inputHash.slice(0, 16), run.minResultFence ?? 0].join('/');
  const made = await run.deps.dataSource
    .getRepository(ModelUsage)
    .createQueryBuilder('u')
    .where('u.project_id = :projectId AND starts_with(u.idempotency_key, :base)', { projectId, base })
    .orderBy('u.fence', 'DESC')
    .getMany();
  const mayHaveMade = ({ outcome, estimated, units }: ModelUsage) =>
    outcome === 'in_flight' || estimated || (units ?? 0) > 0;
  if (!inputs.chosen.honoursKey) {
    const ordered = made.filter((row) => row.fence >= run.sinceFence && mayHaveMade(row));
    if (ordered.length >= MAX_ORDERS) throw new StoryreelError('Media.Unusable', ENDED_EARLY);
    return [base, made.length].join('/');
  }
  const unkept = made.find((row) => row.outcome !== 'useful' && !isSpoiled(row) && mayHaveMade(row));
  return unkept?.idempotencyKey ?? [base, made.length].join('/');
}

/**
 * Whether an order that ended with this error counts as one of the allowed ones. If the image had arrived, every error
 * has lost it, unless another attempt has the lane. A request that was forbidden once is forbidden the next time, too.
 */
export function isPaidInVain(error: unknown, hasArrived: boolean): boolean {
  if (hasArrived) return !(error instanceof StaleAttempt);
  return !(error instanceof StoryreelError) && mayBeCharged(error);
}
