import type { Config } from '../config';
import { LANE_KINDS, laneQueue } from '../protocol';
import type { Lack } from './lack';
import { ANSWER_MS, type TemporalServices } from './namespace';

/** A build of a worker deployment; undefined means workers without one. */
export interface Build {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** One kind of tasks on one task queue, and who asks for them. */
export interface ServedQueue {
  readonly taskQueue: string;
  /** The builds that are given tasks now. */
  readonly current: readonly (Build | undefined)[];
  /** The builds of those who ask, without doubles. */
  readonly asking: readonly (Build | undefined)[];
  /** About how many tasks wait in it. */
  readonly waiting: number;
}

type Asked = Pick<TemporalServices, 'workflowService' | 'withDeadline'>;
type Queues = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE'>;

/** Temporal's WORKFLOW and ACTIVITY of task queues, and its VERSIONED of workers. */
const [WORKFLOW, ACTIVITY] = [1, 2];
const VERSIONED = 2;
/** A poll for tasks lasts a minute. A worker polls for activities only if it has room, which this time allows for. */
const HEARD_MS = 120_000;

/** Rejects if Temporal cannot be asked. */
export async function servedQueues(connection: Asked, config: Queues): Promise<ServedQueue[]> {
  const base = config.TEMPORAL_TASK_QUEUE;
  return connection.withDeadline(Date.now() + ANSWER_MS, () =>
    Promise.all([
      servedQueue(connection, config, base, WORKFLOW),
      servedQueue(connection, config, base, ACTIVITY),
      ...LANE_KINDS.map((kind) => servedQueue(connection, config, laneQueue(base, kind), ACTIVITY)),
    ]),
  );
}

/** The queue of workflows. */
export async function servedWorkflows(connection: Asked, config: Queues): Promise<ServedQueue> {
  return connection.withDeadline(Date.now() + ANSWER_MS, () =>
    servedQueue(connection, config, config.TEMPORAL_TASK_QUEUE, WORKFLOW),
  );
}

/** The queue of lanes with this name. */
export async function servedLanes(
  connection: Asked,
  config: Pick<Queues, 'TEMPORAL_NAMESPACE'>,
  taskQueue: string,
): Promise<ServedQueue> {
  return connection.withDeadline(Date.now() + ANSWER_MS, () => servedQueue(connection, config, taskQueue, ACTIVITY));
}

/** Whether a worker of a current build asks for its tasks. */
export function isServed({ current, asking }: ServedQueue): boolean {
  return asking.some((build) => includes(current, build));
}

/** The queues that no worker of a current build serves; stories would wait for them. */
export function lacksOfWorkers(queues: readonly ServedQueue[], namespace: string): Lack[] {
  const unserved = queues.filter((queue) => !isServed(queue));
  const idle = unserved.filter(({ asking }) => asking.length === 0);
  const outdated = unserved.filter(({ asking }) => asking.length > 0);
  const lacks: Lack[] = [];
  if (idle.length > 0) {
    const [current] = idle[0]?.current ?? [];
    const which = current ? ` of the current build (${nameOf(current)})` : '';
    lacks.push({ what: `no worker${which} serves ${namesOf(idle)}`, advice: 'Start one: storyreel worker' });
  }
  const [first] = outdated;
  if (first) {
    const [asking] = first.asking;
    const there = first.asking.map(nameOf).join(', ');
    const current = first.current.map(nameOf).join(', ');
    lacks.push({
      what: `no worker of the current build (${current}) serves ${namesOf(outdated)}; those that are there (${there}) get no work`,
      advice: adviceToMakeCurrent(asking, first.current, namespace),
    });
  }
  return lacks;
}

/** Undefined if a worker of this build is given work. */
export function lackOfBuild(own: Build | undefined, { current }: ServedQueue, namespace: string): Lack | undefined {
  if (includes(current, own)) return undefined;
  return {
    what: `no new work comes to this worker (${nameOf(own)}), because the current build is another (${current.map(nameOf).join(', ')})`,
    advice: adviceToMakeCurrent(own, current, namespace),
  };
}

export function nameOf(build: Build | undefined): string {
  return build ? `${build.deploymentName} ${build.buildId}` : 'without a build';
}

function adviceToMakeCurrent(own: Build | undefined, current: readonly (Build | undefined)[], namespace: string) {
  const deployment = own ?? current.find((build) => build !== undefined);
  const which = own ? `--build-id ${own.buildId}` : '--unversioned';
  const where = namespace === 'default' ? '' : ` --namespace ${namespace}`;
  return (
    'To give it the work: temporal worker deployment set-current-version ' +
    `--deployment-name ${deployment?.deploymentName ?? ''} ${which} --yes${where}`
  );
}

function namesOf(queues: readonly ServedQueue[]): string {
  const names = [...new Set(queues.map(({ taskQueue }) => taskQueue))];
  return `the task queue${names.length > 1 ? 's' : ''} ${names.join(', ')}`;
}

async function servedQueue(
  { workflowService }: Pick<Asked, 'workflowService'>,
  { TEMPORAL_NAMESPACE: namespace }: Pick<Queues, 'TEMPORAL_NAMESPACE'>,
  taskQueue: string,
  taskQueueType: number,
): Promise<ServedQueue> {
  const { pollers, versioningInfo, stats } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType,
    reportStats: true,
  });
  const { currentDeploymentVersion, rampingDeploymentVersion, rampingVersionPercentage } = versioningInfo ?? {};
  const heard = pollers.filter(
    ({ lastAccessTime }) =>
      taskQueueType === ACTIVITY || Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < HEARD_MS,
  );
  return {
    taskQueue,
    waiting: Number(stats?.approximateBacklogCount ?? 0),
    current: [
      buildOf(currentDeploymentVersion),
      ...((rampingVersionPercentage ?? 0) > 0 ? [buildOf(rampingDeploymentVersion)] : []),
    ],
    asking: heard
      .map(({ deploymentOptions: options }) =>
        Number(options?.workerVersioningMode) === VERSIONED ? buildOf(options) : undefined,
      )
      .filter((build, i, all) => all.findIndex((other) => isSame(other, build)) === i),
  };
}

function buildOf(
  found: { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined,
): Build | undefined {
  return found?.buildId ? { deploymentName: found.deploymentName ?? '', buildId: found.buildId } : undefined;
}

function includes(builds: readonly (Build | undefined)[], build: Build | undefined): boolean {
  return builds.some((other) => isSame(other, build));
}

function isSame(one: Build | undefined, other: Build | undefined): boolean {
  return one?.deploymentName === other?.deploymentName && one?.buildId === other?.buildId;
}
