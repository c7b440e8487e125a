import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities, StoryActivities } from '../protocol';
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

export const openRun: StoryActivities['openRun'] = (request) => resultOf(() => steps.openRun(request), isOpenedRun);

export const listScenes: StoryActivities['listScenes'] = (request) =>
  resultOf(() => steps.listScenes(request), isSceneList);

export const stopLanes: StoryActivities['stopLanes'] = (request) =>
  bestEffort.stopLanes.executeWithOptions({ summary: 'asks workers to stop at once' }, [request]);

export const parkLane: StoryActivities['parkLane'] = (request) =>
  ids.schedule(`park/${request.lane}`, (activityId) =>
    steps.parkLane.executeWithOptions({ activityId, summary: 'waits for a person' }, [request]),
  );

export const skipLane: StoryActivities['skipLane'] = (request) =>
  ids.schedule(`skip/${request.lane}`, (activityId) =>
    steps.skipLane.executeWithOptions({ activityId, summary: 'skipped by a person' }, [request]),
  );

export const rejectLanes: StoryActivities['rejectLanes'] = (request) =>
  steps.rejectLanes.executeWithOptions({ summary: `made again: ${request.lanes.length} lanes` }, [request]);

export const markRun: StoryActivities['markRun'] = (request) =>
  steps.markRun.executeWithOptions({ summary: `the run is ${request.status.replace('_', ' ')}` }, [request]);

export const closeRun: StoryActivities['closeRun'] = (request) => {
  const { outcome } = request;
  const close = (activityId: string) =>
    steps.closeRun.executeWithOptions(
      {
        activityId,
        summary: `the run ends: ${outcome}`,
        // An outage is waited out; a fault must not keep a run from being cancelled.
        ...(outcome === 'cancelled' && { retry: { ...PATIENT, nonRetryableErrorTypes: ['Internal'] } }),
      },
      [request],
    );
  return resultOf(() => ids.schedule('close', close), isCloseResult);
};

export const announceLane: StoryActivities['announceLane'] = (request) =>
  ids.schedule(`tell/${request.lane}`, (activityId) =>
    steps.announceLane.executeWithOptions({ ...ANNOUNCING, activityId }, [request]),
  );

export const announceRun: StoryActivities['announceRun'] = (request) =>
  ids.schedule('tell', (activityId) => steps.announceRun.executeWithOptions({ ...ANNOUNCING, activityId }, [request]));

/**
 * If one of these steps cannot close a project, the reconciler does it later. A project delays the others only briefly.
 */
const batchSteps = proxyActivities<BatchActivities>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 6 },
});

export const { closeQueued, storyStates } = batchSteps;

export const closeStory: BatchActivities['closeStory'] = (request) =>
  ids.schedule(`close/${request.projectId}`, (activityId) =>
    batchSteps.closeStory.executeWithOptions({ activityId, summary: 'closes what was ended from outside' }, [request]),
  );
