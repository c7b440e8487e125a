import type { StopRequest } from '../../protocol';
import type { ActivityDeps } from '../deps';

/**
 * Broadcasts a stop of lanes to all workers, for a cancellation by an operator without our client. If workers cannot be
 * reached, they learn of the stop a little later with a heartbeat, so this step never fails.
 */
export async function stopLanes({ control, logger }: ActivityDeps, request: StopRequest): Promise<void> {
  const { projectId } = request;
  if (!(await control.stop(request))) logger.debug({ projectId }, 'the stop could not be sent to the workers at once');
}
