import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config';

/**
 * Makes this process one build of a worker deployment; empty if no build is set. At its next step, a story moves to the
 * build that is current. Stories may wait for a person for weeks, so every build replays the histories of earlier ones.
 */
export function deploymentOptions(
  config: Pick<Config, 'WORKER_DEPLOYMENT_NAME' | 'WORKER_BUILD_ID'>,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId } = config;
  if (deploymentName === undefined || buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
