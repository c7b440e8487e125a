import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities, BatchedStatus, StoryActivities } from '../protocol';
import { ids } from './activity-ids';
import { isCloseResult, isOpenedRun, isSceneList, resultOf } from './step-results';

/**
 * The time limit of a run's own steps, which send no heartbeats: it detects a step whose worker was killed. A step that
 * waits for a Redis that hangs ends well before this limit.
 */
const STEP_LIMIT = '20 seconds';

const PATIENT = { initialInterval: '200 milliseconds', maximumInterval: '3 seconds' } as const;

/** The run's own steps: quick, safe to repeat, and worth repeating for long. */
const steps = proxyActivities<StoryActivities>({
  startToCloseTimeout: STEP_LIMIT,
  scheduleToCloseTimeout: '1 day',
  retry: PATIENT,
});

/** How long one announcement of a stored result is tried. After the run's end, viewers find the result in Postgres. */
const ANNOUNCING: ActivityOptions = {
  startToCloseTimeout: STEP_LIMIT,
  scheduleToCloseTimeout: '15 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
};

/** Best effort: one attempt within five seconds. */
const bestEffort = proxyActivities<StoryActivities>({
  scheduleToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 1 },
});

export const { adoptRun, settledLane } = steps;

export function openRun(...args: Parameters<StoryActivities['openRun']>): ReturnType<StoryActivities['openRun']> {
  return resultOf(() => steps.openRun(...args), isOpenedRun);
}

export function listScenes(
  ...args: Parameters<StoryActivities['listScenes']>
): ReturnType<StoryActivities['listScenes']> {
  return resultOf(() => steps.listScenes(...args), isSceneList);
}

export function stopLanes(...args: Parameters<StoryActivities['stopLanes']>): Promise<void> {
  return bestEffort.stopLanes.executeWithOptions({ summary: 'asks workers to stop at once' }, args);
}

export function parkLane(...args: Parameters<StoryActivities['parkLane']>): ReturnType<StoryActivities['parkLane']> {
  return ids.schedule(`park/${args[0].lane}`, (activityId) =>
    steps.parkLane.executeWithOptions({ activityId, summary: 'waits for a person' }, args),
  );
}

export function skipLane(...args: Parameters<StoryActivities['skipLane']>): ReturnType<StoryActivities['skipLane']> {
  return ids.schedule(`skip/${args[0].lane}`, (activityId) =>
    steps.skipLane.executeWithOptions({ activityId, summary: 'skipped by a person' }, args),
  );
}

export function rejectLanes(...args: Parameters<StoryActivities['rejectLanes']>): Promise<void> {
  return steps.rejectLanes.executeWithOptions({ summary: `made again: ${args[0].lanes.length} lanes` }, args);
}

export function markRun(...args: Parameters<StoryActivities['markRun']>): ReturnType<StoryActivities['markRun']> {
  return steps.markRun.executeWithOptions({ summary: `the run is ${args[0].status.replace('_', ' ')}` }, args);
}

export function closeRun(...args: Parameters<StoryActivities['closeRun']>): ReturnType<StoryActivities['closeRun']> {
  const { outcome } = args[0];
  const close = (activityId: string) =>
    steps.closeRun.executeWithOptions(
      {
        activityId,
        summary: `the run ends: ${outcome}`,
        // An outage is waited out; a fault must not keep a run from being cancelled.
        ...(outcome === 'cancelled' && { retry: { ...PATIENT, nonRetryableErrorTypes: ['Internal'] } }),
      },
      args,
    );
  return resultOf(() => ids.schedule('close', close), isCloseResult);
}

export function announceLane(...args: Parameters<StoryActivities['announceLane']>): Promise<void> {
  return ids.schedule(`tell/${args[0].lane}`, (activityId) =>
    steps.announceLane.executeWithOptions({ ...ANNOUNCING, activityId }, args),
  );
}

export function announceRun(...args: Parameters<StoryActivities['announceRun']>): Promise<void> {
  return ids.schedule('tell', (activityId) =>
    steps.announceRun.executeWithOptions({ ...ANNOUNCING, activityId }, args),
  );
}

/**
 * If one of these steps cannot close a project, the reconciler does it later. A project delays the others only briefly.
 */
const batchSteps = proxyActivities<BatchActivities>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 6 },
});

export const { closeQueued, storyStates } = batchSteps;

export function closeStory(...args: Parameters<BatchActivities['closeStory']>): Promise<BatchedStatus> {
  return ids.schedule(`close/${args[0].projectId}`, (activityId) =>
    batchSteps.closeStory.executeWithOptions({ activityId, summary: 'closes what was ended from outside' }, args),
  );
}
