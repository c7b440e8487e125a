import type { EventError } from './events';
import type { LaneId, ProjectId } from './ids';
import type { LaneKind, StagePlan } from './stages';
import type { FinalStatus, LaneStatus, LiveStatus, RunStatus } from './status';

/** The type of the workflow of a story. */
export const STORY_WORKFLOW = 'story';
/** The query that a run answers with its status. */
export const STATUS_QUERY = 'status';

/** The memo with the story run id of an execution, if that is not the id of the first execution. */
export const STORY_RUN_MEMO = 'storyRun';

/** Search attributes of the workflow, all of type Keyword; `migrate` and the embedded server register them. */
export const SEARCH_ATTRIBUTES = ['StoryProject', 'StoryStage', 'StoryStatus'] as const;

/** The input of the workflow of a story. */
export interface StoryInput {
  readonly projectId: ProjectId;
  /** Produces every lane again, even if a committed result has the same input hash. Default false. */
  readonly force?: boolean;
  /** Only these stages. The results that they need from other stages are committed already. Default: all stages. */
  readonly stages?: readonly string[];
  /** Only these scenes, and only stages that run per scene, unless `stages` names others. */
  readonly scenes?: readonly number[];
  /**
   * Keeps the settings of the project's last run, if there was one. Default: the settings of the worker that opens this
   * run.
   */
  readonly keepSettings?: boolean;
  /** Stages after which the run waits for a person to approve. */
  readonly gates?: readonly string[];
  /** What happens if a lane's retries are used up: `park` (default) waits for a person, `fail` ends the run. */
  readonly onFailure?: 'park' | 'fail';
  /** Set by the workflow itself when it continues as new: what has been done so far. */
  readonly carried?: ContinuedState;
}

/** The state that continue-as-new hands to the next execution. Glossary: replan. */
export interface ContinuedState {
  readonly run: OpenedRun;
  readonly runId: string;
  /** Absent until the storyboard is committed. */
  readonly scenes?: readonly number[];
  /** The scenes that the numbers above and below mean. */
  readonly sceneIds?: SceneIds;
  readonly settled: readonly LaneId[];
  readonly parked: Readonly<Record<LaneId, EventError>>;
  readonly skipped?: readonly LaneId[];
  /** Lanes that a person has stopped individually. */
  readonly cancelled?: readonly LaneId[];
  readonly paused?: boolean;
  readonly approved?: readonly string[];
  /** Lanes whose end has not been announced yet. */
  readonly untold?: readonly LaneId[];
}

/**
 * The ids of all scenes of a project by the numbers that they have. A number changes its scene with an edit, an id never
 * does: what must not reach another scene carries both.
 */
export type SceneIds = Readonly<Record<number, string>>;

/** The decisions that opening the run has made, recorded once in history. Glossary: story run. */
export interface OpenedRun {
  readonly plan: readonly StagePlan[];
  /** With `force`, a result that was committed under a lower fence than this one is produced again. */
  readonly runFence: number;
  /**
   * The Temporal run id of the execution that opened the run; after a workflow reset another execution continues it.
   */
  readonly runId?: string;
  /** The scenes of this run, if it does not produce the storyboard or is about some scenes only. */
  readonly scenes?: readonly number[];
  /** The ids of all scenes that existed, if the run does not produce the storyboard. */
  readonly sceneIds?: SceneIds;
}

/** What a run is to make. */
export interface OpenRequest {
  readonly projectId: ProjectId;
  readonly keepSettings?: boolean;
  readonly stages?: readonly string[];
  readonly scenes?: readonly number[];
  readonly gates?: readonly string[];
}

/** A lane as the workflow states it. */
export interface LaneView {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly error?: EventError;
}

/** The answer of the `status` query. */
export interface StoryStatusView {
  readonly projectId: ProjectId;
  readonly status: RunStatus;
  readonly stage: string;
  readonly scenes: number;
  readonly lanes: readonly LaneView[];
  /** Stages that wait for `approve` or `reject`. */
  readonly gates: readonly string[];
}

/** The argument of a lane's activity: ids and numbers only, because it stays in Temporal's history. */
export interface LaneTask {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  /** The id of the lane's scene. If the scene number has another id or none, the attempt produces nothing. */
  readonly scene?: string;
  /** For the film: the ids of all scenes in their order, as the run knows them. */
  readonly scenes?: readonly string[];
  /** The story run id, which viewers follow. It stays the same if the workflow continues as new. */
  readonly runId: string;
  /** Results that were committed under a lower fence are not reused. */
  readonly madeSince?: number;
  /** The workflow was reset to a point behind the opening of its run. */
  readonly afterReset?: boolean;
  /**
   * The lane's attempts before this activity; the last of them ended with its worker. A workflow that sends this number
   * starts such a lane again itself. If the number is absent, Temporal retries the activity.
   */
  readonly attemptsBefore?: number;
}

/** The answer of a lane's activity if its worker shuts down: how many attempts the lane has had, with this one. */
export interface HandedOver {
  readonly attempts: number;
}

/** The result of a lane's activity: counts and hashes, never text. */
export interface LaneResult {
  readonly sha256: string;
  readonly bytes: number;
  readonly reused: boolean;
  /** False if viewers could not be reached, so that the announcement becomes a step of its own. */
  readonly announced: boolean;
  /** The scene numbers, if the lane was the one that defines the scenes. */
  readonly scenes?: readonly number[];
  readonly sceneIds?: SceneIds;
}

/** A lane by its name and its scene's id: the step does its work on the lane that the scene has then. */
export interface LaneAddress {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  /** Absent if the lane has no scene, and absent from runs that do not know the ids of their scenes. */
  readonly scene?: string;
}

export interface ParkRequest extends LaneAddress {
  readonly error: EventError;
  /** `cancelled` if a person stopped the lane. */
  readonly as?: 'needs_attention' | 'cancelled';
  /** The story run id, as in `LaneTask`. */
  readonly runId?: string;
}

/**
 * The end of a lane, or the run's status, is stored. False if viewers could not be reached, so that the announcement
 * becomes a step of its own.
 */
export interface EndedStep {
  readonly announced: boolean;
}

/** The run waits for a person (paused, or before a gate), or it continues. */
export interface RunStatusRequest {
  readonly projectId: ProjectId;
  readonly runId: string;
  readonly status: LiveStatus;
  /** Lanes that would run if the run were not paused. */
  readonly paused: readonly LaneId[];
  /** Stages that wait for approval. */
  readonly gates: readonly string[];
}

/** A run that was reset to a point after its opening, with its status at that point. */
export interface ResyncRequest extends RunStatusRequest {
  readonly lanes: readonly LaneView[];
}

export interface SkipRequest extends LaneAddress {
  readonly runId: string;
}

/** Lanes of a stage that are made again, and why. */
export interface RejectedLanes {
  readonly projectId: ProjectId;
  readonly lanes: readonly LaneId[];
  /** The scenes that the lanes' numbers mean. */
  readonly sceneIds?: SceneIds;
  readonly reason: string;
  /** As in the message. */
  readonly version?: number;
}

/** How a run ends. */
export interface CloseRequest {
  readonly projectId: ProjectId;
  /** The story run id, as in `LaneTask`. */
  readonly runId: string;
  readonly outcome: FinalStatus;
  readonly error?: EventError;
  /** False while lanes wait to be announced, because the end of the run must be announced last. */
  readonly announce: boolean;
  /** The stages of the run's plan; absent if the run was stopped before it had a plan. */
  readonly stages?: readonly string[];
  /** The scenes of the run, if it was about some scenes only. */
  readonly scenes?: readonly number[];
}

export interface CloseResult {
  readonly announced: boolean;
  /** If the run did not complete: the lanes that Postgres has as completed. */
  readonly completed?: readonly LaneId[];
}

/**
 * A request to end provider calls at once, before Temporal's own cancellation arrives. The sender has requested that
 * cancellation before.
 */
export interface StopRequest {
  readonly projectId: ProjectId;
  /**
   * The story run id of `LaneTask`, or the Temporal run id. Lanes of a later run are left alone. Absent: lanes of any
   * run.
   */
  readonly runId?: string;
  /** Absent: all of them. */
  readonly lanes?: readonly LaneId[];
  /** Attempts with a newer fence are left alone: a stop that comes late must not hit who was begun after it. */
  readonly before?: number;
}

/** Activities as the workflow sees them. */
export interface StoryActivities {
  /** Opens the run and gives its plan. */
  openRun(request: OpenRequest): Promise<OpenedRun>;
  /** Makes the text of a lane. */
  generateText(task: LaneTask): Promise<LaneResult>;
  /** Makes the image of a scene. */
  generateImage(task: LaneTask): Promise<LaneResult>;
  /** Makes the clip of a scene. */
  generateVideo(task: LaneTask): Promise<LaneResult>;
  /** Joins the clips into the film. */
  joinFilm(task: LaneTask): Promise<LaneResult>;
  /** Announces how a lane has ended. */
  announceLane(task: LaneTask): Promise<void>;
  /** In the first release these steps announced nothing or announced within the step, and returned nothing. */
  parkLane(request: ParkRequest): Promise<EndedStep | undefined>;
  /** Lets the run continue without a lane. */
  skipLane(request: SkipRequest): Promise<EndedStep | undefined>;
  /** Stores and announces the status of the run. */
  markRun(request: RunStatusRequest): Promise<EndedStep | undefined>;
  /** Has lanes made again for a reason. */
  rejectLanes(request: RejectedLanes): Promise<void>;
  /** Sets rows and viewers to the state of a workflow that was reset. */
  adoptRun(request: ResyncRequest): Promise<void>;
  /** The stored result of a lane, if its activity did not report it; null if the lane has no committed result. */
  settledLane(lane: LaneAddress): Promise<LaneResult | null>;
  /** The stored scene numbers or, with `ids`, the scene ids by number. Waits for an edit that is in progress. */
  listScenes(input: { projectId: ProjectId; ids?: true }): Promise<number[] | SceneIds>;
  /** Stores that the run has ended. */
  closeRun(request: CloseRequest): Promise<CloseResult>;
  /** Announces that the run has ended. */
  announceRun(input: { projectId: ProjectId; runId: string; stages?: readonly string[] }): Promise<void>;
  /** Best effort, within one second: if Redis is away, this step does nothing and reports no failure. */
  stopLanes(request: StopRequest): Promise<void>;
}

/** Workflows and bookkeeping run on `<base>`. Each kind of lane has its own queue, and with it its own limit. */
export function laneQueue(base: string, kind: LaneKind): string {
  return `${base}-${kind}`;
}
