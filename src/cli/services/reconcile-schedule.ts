import {
  Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Connection,
} from '@temporalio/client';
import type { Config } from '../../config';
import { RECONCILE_WORKFLOW, reconcileScheduleOf } from '../../protocol';
import { dataConverter } from '../../temporal';
import { servedWorkflows } from '../../readiness';

const MINUTE_MS = 60_000;

/** The change of the schedule; undefined if it already matched the settings. */
export type ScheduleChange = 'created' | 'updated' | 'removed';

/** Has Temporal start the reconciler every RECONCILE_MINUTES. An operator's pause of the schedule is left as it is. */
export async function keepReconcileSchedule(
  connection: Connection,
  config: Config,
): Promise<ScheduleChange | undefined> {
  const { schedule } = clientOf(connection, config);
  const { TEMPORAL_TASK_QUEUE: taskQueue, RECONCILE_MINUTES: minutes } = config;
  const scheduleId = reconcileScheduleOf(taskQueue);
  const handle = schedule.getHandle(scheduleId);
  const every = (await reconcileScheduleIn(connection, config))?.every;
  if (minutes === 0) {
    if (every === undefined) return undefined;
    await handle.delete();
    return 'removed';
  }
  if (every === minutes * MINUTE_MS) return undefined;
  const spec = { intervals: [{ every: minutes * MINUTE_MS }] };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: MINUTE_MS };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: RECONCILE_WORKFLOW,
    workflowId: scheduleId,
    taskQueue,
    args: [{}],
    staticSummary: 'repairs rows that differ from Temporal, removes unused media',
  };
  if (every !== undefined) {
    await handle.update(({ state }) => ({ spec, policies, action, state }));
    return 'updated';
  }
  await schedule.create({ scheduleId, spec, policies, action }).catch((error: unknown) => {
    // Another migration was faster.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  });
  return 'created';
}

function clientOf(connection: Connection, config: Config): Client {
  return new Client({ connection, namespace: config.TEMPORAL_NAMESPACE, dataConverter: dataConverter(config) });
}

interface ReconcileSchedule {
  readonly scheduleId: string;
  /** The interval in milliseconds. */
  readonly every: number;
  readonly isPaused: boolean;
}

/** Undefined if there is none. */
export async function reconcileScheduleIn(
  connection: Connection,
  config: Config,
): Promise<ReconcileSchedule | undefined> {
  const { schedule } = clientOf(connection, config);
  const scheduleId = reconcileScheduleOf(config.TEMPORAL_TASK_QUEUE);
  try {
    const { spec, state } = await schedule.getHandle(scheduleId).describe();
    return { scheduleId, every: spec.intervals?.[0]?.every ?? 0, isPaused: state.paused };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** What a person should do about the schedule, and why; undefined if nothing is to be done. */
export function faultOfSchedule(
  found: ReconcileSchedule | undefined,
  { RECONCILE_MINUTES, TEMPORAL_NAMESPACE }: Config,
): { detail: string; advice: string } | undefined {
  if (RECONCILE_MINUTES === 0) return undefined;
  if (!found) return { detail: 'the reconciler is not scheduled', advice: 'Run "storyreel migrate".' };
  if (!found.isPaused) return undefined;
  const command = `temporal schedule toggle --unpause --schedule-id ${found.scheduleId} --reason "as usual"`;
  return {
    detail: 'the schedule of the reconciler is paused',
    advice: `If nobody needs that any more: ${command}${namespaceFlag(TEMPORAL_NAMESPACE)}`,
  };
}

function namespaceFlag(namespace: string): string {
  return namespace === 'default' ? '' : ` --namespace ${namespace}`;
}

const MAX_STRAYS = 5;
const SUFFIX = reconcileScheduleOf('');

/** Schedules that were left behind with their task queue: no worker asks there any more. */
export async function strayReconcilers(
  connection: Connection,
  { TEMPORAL_NAMESPACE, TEMPORAL_TASK_QUEUE }: Config,
): Promise<{ scheduleId: string; advice: string }[]> {
  const { schedule } = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
  const strays: { scheduleId: string; advice: string }[] = [];
  for await (const { scheduleId } of schedule.list()) {
    const taskQueue = scheduleId.slice(0, -SUFFIX.length);
    if (!scheduleId.endsWith(SUFFIX) || taskQueue === TEMPORAL_TASK_QUEUE) continue;
    const queue = { TEMPORAL_NAMESPACE, TEMPORAL_TASK_QUEUE: taskQueue };
    if ((await servedWorkflows(connection, queue)).asking.length > 0) continue;
    const command = `temporal schedule delete --schedule-id ${scheduleId}${namespaceFlag(TEMPORAL_NAMESPACE)}`;
    const advice = `If "${taskQueue}" is not used any more: ${command}`;
    strays.push({ scheduleId, advice });
    if (strays.length === MAX_STRAYS) break;
  }
  return strays;
}
