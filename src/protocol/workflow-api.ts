import type { EventError } from './events';
import type { LaneId, ProjectId } from './ids';
import type { LaneKind, StagePlan } from './stages';
import type { LaneStatus, LiveStatus, RunStatus } from './status';

export const STORY_WORKFLOW = 'story';
export const STATUS_QUERY = 'status';

/** Search attributes of the workflow, all of type Keyword; `migrate` and the embedded server register them. */
export const SEARCH_ATTRIBUTES = ['StoryProject', 'StoryStage', 'StoryStatus'] as const;

export interface StoryInput {
  readonly projectId: ProjectId;
  /** Makes every lane again, also where a settled result has the same input hash. Default false. */
  readonly force?: boolean;
  /** Only these stages; what they need of others is settled already. Default: all. */
  readonly stages?: readonly string[];
  /** Only these scenes, and of the stages those that belong to a scene, unless `stages` says otherwise. */
  readonly scenes?: readonly number[];
  /** With the settings of the project's last run, where it has had one. Default: those of the worker that opens this one. */
  readonly keepSettings?: boolean;
  /** Stages after which the run waits for a person to approve. */
  readonly gates?: readonly string[];
  /** What happens when a lane's retries are spent: `park` (default) waits for a person, `fail` ends the run. */
  readonly onFailure?: 'park' | 'fail';
  /** Set by the workflow itself when it continues as new: what has been done so far. */
  readonly carried?: CarriedRun;
}

export interface CarriedRun {
  readonly run: OpenedRun;
  readonly runId: string;
  /** Absent until the storyboard is settled. */
  readonly scenes?: readonly number[];
  /** The scenes that the numbers above and below mean. */
  readonly sceneIds?: SceneIds;
  readonly settled: readonly LaneId[];
  readonly parked: Readonly<Record<LaneId, EventError>>;
  readonly skipped?: readonly LaneId[];
  /** Stopped by a person one by one. */
  readonly cancelled?: readonly LaneId[];
  readonly paused?: boolean;
  readonly approved?: readonly string[];
  /** Lanes of whose end viewers have not been told yet. */
  readonly untold?: readonly LaneId[];
}

/**
 * The ids of all scenes of a project by the numbers that they have. A number changes its scene with an edit, an id never
 * does: what must not reach another scene carries both.
 */
export type SceneIds = Readonly<Record<number, string>>;

/** What opening a run decided, recorded once in history. */
export interface OpenedRun {
  readonly plan: readonly StagePlan[];
  /** With `force`, a result settled under an older fence than this one is made again. */
  readonly runFence: number;
  /** Of the execution that opened it; another one goes on with it after a workflow reset. */
  readonly runId?: string;
  /** The scenes of this run, where it does not make the storyboard or is about some scenes only. */
  readonly scenes?: readonly number[];
  /** Of all scenes that were there, where the run does not make the storyboard. */
  readonly sceneIds?: SceneIds;
}

export interface OpenRequest {
  readonly projectId: ProjectId;
  readonly keepSettings?: boolean;
  readonly stages?: readonly string[];
  readonly scenes?: readonly number[];
  readonly gates?: readonly string[];
}

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
  /** The id of the lane's scene. An attempt that finds another one under the number, or none, makes nothing. */
  readonly scene?: string;
  /** For the film: the ids of all scenes in their order, as the run knows them. */
  readonly scenes?: readonly string[];
  /** Of the run as viewers follow it: it stays the same where the workflow continues as new. */
  readonly runId: string;
  /** Results settled under an older fence are not reused. */
  readonly madeSince?: number;
  /** The workflow was reset to a point behind the opening of its run. */
  readonly afterReset?: boolean;
  /**
   * Attempts of the lane before this activity, the last of which ended with its worker. A workflow that sends it begins
   * such a lane again by itself; for one that does not, the activity is retried.
   */
  readonly attemptsBefore?: number;
}

/** What a lane's activity says when its worker shuts down: the attempts that the lane has had, this one among them. */
export interface HandedOver {
  readonly attempts: number;
}

/** The result of a lane's activity: counts and hashes, never text. */
export interface LaneResult {
  readonly sha256: string;
  readonly bytes: number;
  readonly reused: boolean;
  /** False where viewers could not be told, so that telling them becomes a step of its own. */
  readonly announced: boolean;
  /** The scene numbers, where the lane was the one that lays out the scenes. */
  readonly scenes?: readonly number[];
  readonly sceneIds?: SceneIds;
}

/** A lane by its name and its scene's id: the step does its work on the lane that the scene has then. */
export interface LaneAddress {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  /** Absent where the lane has no scene, and from runs that do not know their scenes' ids. */
  readonly scene?: string;
}

export interface ParkRequest extends LaneAddress {
  readonly error: EventError;
  /** `cancelled` where a person stopped the lane. */
  readonly as?: 'needs_attention' | 'cancelled';
  /** How the run as a whole stands then; default `needs_attention`. */
  readonly runStatus?: LiveStatus;
  /** As in `LaneTask`. */
  readonly runId?: string;
}

/** The end of a lane, or how the run stands, is stored. False where viewers could not be told, so that telling them becomes a step of its own. */
export interface EndedStep {
  readonly announced: boolean;
}

/** The run stands still, or goes on. */
export interface MarkRequest {
  readonly projectId: ProjectId;
  readonly runId: string;
  readonly status: LiveStatus;
  /** Lanes that would run if the run were not paused. */
  readonly paused: readonly LaneId[];
  /** Stages that wait for approval. */
  readonly gates: readonly string[];
}

/** A run that was reset to a point behind its opening: how it stands there. */
export interface AdoptRequest extends MarkRequest {
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
}

export interface CloseRequest {
  readonly projectId: ProjectId;
  /** As in `LaneTask`. */
  readonly runId: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly error?: EventError;
  /** False while viewers have not been told of every lane yet: the end of the run must come last. */
  readonly announce: boolean;
  /** Of the run's plan; absent where the run was stopped before it had one. */
  readonly stages?: readonly string[];
  /** Where the run was about some scenes only. */
  readonly scenes?: readonly number[];
}

/** Whose provider calls are ended at once, ahead of Temporal's own cancellation, which must have been asked for before. */
export interface StopRequest {
  readonly projectId: ProjectId;
  /** As in `LaneTask`, or Temporal's own id of the execution; lanes of a later run are left alone. Absent: of any run. */
  readonly runId?: string;
  /** Absent: all of them. */
  readonly lanes?: readonly LaneId[];
  /** Attempts with a newer fence are left alone: a stop that comes late must not hit who was begun after it. */
  readonly before?: number;
}

/** Activities as the workflow sees them. */
export interface StoryActivities {
  openRun(request: OpenRequest): Promise<OpenedRun>;
  generateText(task: LaneTask): Promise<LaneResult>;
  generateImage(task: LaneTask): Promise<LaneResult>;
  generateVideo(task: LaneTask): Promise<LaneResult>;
  joinFilm(task: LaneTask): Promise<LaneResult>;
  announceLane(task: LaneTask): Promise<void>;
  /** In the first release these told viewers in the step or not at all, and gave nothing. */
  parkLane(request: ParkRequest): Promise<EndedStep | undefined>;
  skipLane(request: SkipRequest): Promise<EndedStep | undefined>;
  markRun(request: MarkRequest): Promise<EndedStep | undefined>;
  rejectLanes(request: RejectedLanes): Promise<void>;
  /** Rows and viewers go back to where the run stands. */
  adoptRun(request: AdoptRequest): Promise<void>;
  /** What is stored for a lane, where its activity did not say; null where it is not settled. */
  settledLane(lane: LaneAddress): Promise<LaneResult | null>;
  /** The scene numbers as stored now or, where they are asked for, the ids by number; waits for an edit that is under way. */
  listScenes(input: { projectId: ProjectId; ids?: true }): Promise<number[] | SceneIds>;
  closeRun(request: CloseRequest): Promise<{ announced: boolean }>;
  announceRun(input: { projectId: ProjectId; runId: string; stages?: readonly string[] }): Promise<void>;
  /** A hint, worth a second at most: where Redis is away it does nothing, and says nothing of it. */
  stopLanes(request: StopRequest): Promise<void>;
}

/** Workflows and bookkeeping run on `<base>`, each kind of lane on a queue of its own, which caps it by itself. */
export function laneQueue(base: string, kind: LaneKind): string {
  return `${base}-${kind}`;
}
