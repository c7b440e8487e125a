import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config';
import type { Build } from '../readiness';

/**
 * Makes this process one build of a worker deployment; empty if no build is set. At its next step, a story moves to the
 * build that is current. Stories may wait for a person for weeks, so every build replays the histories of earlier ones.
 */
export function deploymentOptions(config: BuildSettings): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const version = buildIn(config);
  if (!version) return {};
  const workerDeploymentOptions = {
    version,
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  } as const;
  return { workerDeploymentOptions };
}

type BuildSettings = Pick<Config, 'WORKER_DEPLOYMENT_NAME' | 'WORKER_BUILD_ID'>;

export function buildIn(config: BuildSettings): Build | undefined {
  const { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId } = config;
  return deploymentName === undefined || buildId === undefined ? undefined : { deploymentName, buildId };
}
