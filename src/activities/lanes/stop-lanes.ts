import type { StopRequest } from '../../protocol';
import type { ActivityDeps } from '../deps';

/**
 * Tells all workers to stop lanes, for a cancellation that came from an operator and not from our client. Where they cannot
 * be told, heartbeats bring it a little later, so it fails nothing.
 */
export async function stopLanes({ control, logger }: ActivityDeps, request: StopRequest): Promise<void> {
  const { projectId } = request;
  if (!(await control.stop(request))) logger.debug({ projectId }, 'workers could not be told to stop at once');
}
