import type { Client } from '@temporalio/client';
import { laneOfActivity, workflowIdOf, type LaneId, type ProjectId } from '../../protocol';
import { isServed, servedLanes, servedWorkflows } from '../../readiness';
import { liveWorkflow } from './live-workflow';

/** The state of an activity or of a workflow task that no worker has taken. */
const SCHEDULED = 1;
const LANE_ACTIVITIES: readonly unknown[] = ['generateText', 'generateImage', 'generateVideo', 'joinFilm'];
/** Workers take most tasks within milliseconds: a shorter wait is none. */
const BRIEF_MS = 2_000;

/** Work that no worker has taken. */
export interface WorkerWait {
  readonly since: Date;
  /** No worker of the current build asks for such work. If absent, those that do have no room. */
  readonly noWorker?: true;
  /** About how many tasks wait in the same queue, with this one. */
  readonly queued?: number;
}

/** A lane that waits for its next attempt, or for a worker. */
export interface LaneWait extends Partial<WorkerWait> {
  readonly lane: LaneId;
  /** The attempt that begins next. */
  readonly attempt: number;
  /** When it begins, if an earlier attempt has failed. */
  readonly retryAt?: Date;
  /** The earlier attempt did not fail by itself: its worker was lost. */
  readonly lost?: true;
}

/** What a run waits for, other than people and providers. */
export interface RunWaits {
  /** The server's time, which the other times are compared with. */
  readonly at: Date;
  /** Set if no worker has taken the next step of the run itself. */
  readonly run?: WorkerWait;
  readonly lanes: readonly LaneWait[];
}

type Time = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

/** Empty if no run is open. Temporal lists a worker that was killed for some time. */
export async function runWaits(temporal: Client, projectId: ProjectId): Promise<RunWaits> {
  const found = await liveWorkflow(temporal, workflowIdOf(projectId));
  const at = new Date();
  if (!found) return { at, lanes: [] };
  const { pendingActivities, pendingWorkflowTask } = found.raw;
  const scheduled = (pendingActivities ?? []).filter(({ state }) => Number(state) === SCHEDULED);
  const steps = scheduled.filter(({ activityType }) => !LANE_ACTIVITIES.includes(activityType?.name));
  const starts = [
    ...(Number(pendingWorkflowTask?.state) === SCHEDULED ? [dateOf(pendingWorkflowTask?.originalScheduledTime)] : []),
    ...steps.map(({ scheduledTime }) => dateOf(scheduledTime)),
  ].filter((start) => at.getTime() - start.getTime() > BRIEF_MS);
  const { connection } = temporal;
  const config = { TEMPORAL_NAMESPACE: temporal.options.namespace, TEMPORAL_TASK_QUEUE: found.taskQueue };
  const lanes = scheduled
    .filter(({ activityType }) => LANE_ACTIVITIES.includes(activityType?.name))
    .flatMap(({ activityId, attempt, scheduledTime, lastFailure, activityOptions, ...rest }) => {
      const lane = laneOfActivity(activityId);
      if (lane === undefined) return [];
      const begins = dateOf(rest.nextAttemptScheduleTime ?? scheduledTime);
      const isLater = begins.getTime() > at.getTime();
      const wait: LaneWait = {
        lane,
        attempt: attempt ?? 1,
        ...(isLater ? { retryAt: begins } : { since: begins }),
        ...(lastFailure?.timeoutFailureInfo && { lost: true }),
      };
      return [{ wait, taskQueue: isLater ? undefined : activityOptions?.taskQueue?.name }];
    })
    .filter(({ wait: { since } }) => !since || at.getTime() - since.getTime() > BRIEF_MS);
  const names = [...new Set(lanes.flatMap(({ taskQueue }) => taskQueue ?? []))];
  if (starts.length === 0 && names.length === 0) return { at, lanes: lanes.map(({ wait }) => wait) };
  const [workflows, ...queues] = await Promise.all([
    servedWorkflows(connection, config),
    ...names.map((name) => servedLanes(connection, config, name)),
  ]);
  // Each worker serves all queues. On this one, Temporal notices its absence first.
  const isAbsent = !isServed(workflows);
  return {
    at,
    ...(starts.length > 0 && {
      run: { since: earliest(starts), ...(isAbsent && { noWorker: true as const }) },
    }),
    lanes: lanes.map(({ wait, taskQueue }) => {
      const queue = queues.find((each) => each.taskQueue === taskQueue);
      if (!queue) return wait;
      return {
        ...wait,
        ...((isAbsent || !isServed(queue)) && { noWorker: true as const }),
        ...(queue.waiting > 0 && { queued: queue.waiting }),
      };
    }),
  };
}

function earliest(dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())));
}

function dateOf(time: Time): Date {
  return new Date(Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000));
}
