import { laneParts, type EventBody } from '../../protocol';
import type { ActivityDeps } from '../deps';
import type { LaneAttempt } from './lane-store';

/** Publishes an update of a lane. No caller waits for it, and a viewer that misses it loses no text. */
export function publishUpdate(deps: ActivityDeps, claim: LaneAttempt, body: EventBody): void {
  const { stage, scene } = laneParts(claim.lane);
  deps.log
    .publish({
      projectId: claim.projectId,
      stage,
      writer: claim,
      events: [body],
      ...(scene === undefined && { legacy: [{ stage, body }] }),
    })
    .catch((error: Error) => deps.logger.debug({ err: error.message, lane: claim.lane }, 'viewers missed an update'));
}
