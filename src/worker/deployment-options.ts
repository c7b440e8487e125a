import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config';

/**
 * What makes this process one build of a worker deployment; nothing where no build is set. Stories move on to the build
 * that is made current, at their next step: they may wait for a person for weeks, and every build replays the histories of
 * those before it.
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
