import { Context } from '@temporalio/activity';
import { keepOrigin } from '../log-context';
import {
  workflowIdOf,
  type BatchActivities,
  type LaneKind,
  type ReconcileActivities,
  type RunsPage,
  type StoryActivities,
} from '../protocol';
import { resyncRun } from './runs/resync-run';
import { announceLane } from './runs/announce';
import { storyStates } from './batch-steps';
import { announceRun, closeRun } from './runs/close-run';
import { closeQueued, closeStory } from './runs/gone-run';
import type { ActivityDeps } from './deps';
import { generateImage } from './media/generate-image';
import { generateText } from './text/generate-text';
import { generateVideo } from './media/generate-video';
import { joinFilm } from './film/join-film';
import { openRun } from './runs/open-run';
import { reconcileMedia } from './reconcile/reconcile-media';
import { reconcileRuns } from './reconcile/reconcile-runs';
import { settledLane } from './lanes/settled-lane';
import { toApplicationFailure } from './lanes/stage-failure';
import { listScenes, parkLane, publishRunStatus, rejectLanes, skipLane } from './runs/run-status';
import { stopLanes } from './lanes/stop-signal';
import { strayRuns } from './reconcile/stray-runs';

type LaneActivity = 'generateText' | 'generateImage' | 'generateVideo' | 'joinFilm';

/** The activities that one kind of lane needs; they run on that kind's task queue. */
export function createLaneActivities(deps: ActivityDeps): {
  readonly [Kind in LaneKind]: Partial<Pick<StoryActivities, LaneActivity>>;
} {
  return {
    text: { generateText: (task) => generateText(deps, task) },
    image: { generateImage: (task) => generateImage(deps, task) },
    video: { generateVideo: (task) => generateVideo(deps, task) },
    film: { joinFilm: (task) => joinFilm(deps, task) },
  };
}

/**
 * The steps that a run, or a batch, needs besides its lanes: short, safe to repeat, on the workflow's own task queue.
 */
export function createRunActivities(deps: ActivityDeps): Omit<StoryActivities, LaneActivity> & BatchActivities {
  return {
    openRun: (request) => classified(openRun(deps, request)),
    parkLane: (request) => classified(parkLane(deps, request)),
    skipLane: (request) => classified(skipLane(deps, request)),
    rejectLanes: (request) => classified(rejectLanes(deps, request)),
    markRun: (request) => classified(publishRunStatus(deps, request)),
    adoptRun: (request) => classified(resyncRun(deps, request)),
    settledLane: (lane) => classified(settledLane(deps, lane)),
    listScenes: (input) => classified(listScenes(deps, input)),
    closeRun: (request) => classified(closeOwnRun(deps, request)),
    announceRun: (input) => classified(announceRun(deps, input)),
    announceLane: (task) => classified(announceLane(deps, task)),
    stopLanes: (request) => classified(stopLanes(deps, request)),
    storyStates: (input) => classified(storyStates(deps, input)),
    closeStory: (input) => classified(closeStory(deps, input)),
    closeQueued: (input) => classified(closeQueued(deps, input)),
  };
}

/** The steps that repair rows and media after any failure of a run; on the workflow's own task queue, too. */
export function createReconcileActivities(deps: ActivityDeps): ReconcileActivities {
  return {
    reconcileRuns: (request) => classified(reconcilePage(deps, request)),
    reconcileMedia: (request) => {
      const context = Context.current();
      return classified(reconcileMedia(deps, request, (files) => context.heartbeat(files)));
    },
  };
}

/** A batch of an older version closes its stories by this step; Temporal is asked for the present state of such a run. */
async function closeOwnRun(...[deps, request]: Parameters<typeof closeRun>): ReturnType<typeof closeRun> {
  if (Context.current().info.workflowExecution?.workflowId === workflowIdOf(request.projectId)) {
    return closeRun(deps, request);
  }
  await closeStory(deps, request);
  return { announced: true };
}

/** On the last page, also what runs without a project. */
async function reconcilePage(...[deps, request]: Parameters<typeof reconcileRuns>): Promise<RunsPage> {
  const page = await reconcileRuns(deps, request);
  return page.next ? page : { ...page, strays: await strayRuns(deps) };
}

async function classified<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw keepOrigin(toApplicationFailure(error), error);
  }
}
