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
  const every = await intervalOf(connection, config);
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
    staticSummary: 'makes rows and media true',
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

/** The interval of the schedule in milliseconds; undefined if there is none. */
export async function intervalOf(connection: Connection, config: Config): Promise<number | undefined> {
  const { schedule } = clientOf(connection, config);
  try {
    const { spec } = await schedule.getHandle(reconcileScheduleOf(config.TEMPORAL_TASK_QUEUE)).describe();
    return spec.intervals?.[0]?.every ?? 0;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
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
    const where = TEMPORAL_NAMESPACE === 'default' ? '' : ` --namespace ${TEMPORAL_NAMESPACE}`;
    const advice = `If "${taskQueue}" is not used any more: temporal schedule delete --schedule-id ${scheduleId}${where}`;
    strays.push({ scheduleId, advice });
    if (strays.length === MAX_STRAYS) break;
  }
  return strays;
}
