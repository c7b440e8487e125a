import type { EventError, FilmReference, LaneId, LaneStatus, ProjectStatus, UsageTotals } from '../../src/protocol';

/** The answers of the gateway, reduced to what the page reads. */

export interface ProjectView {
  readonly projectId: string;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly workflowId: string;
  readonly version: number;
  readonly runId?: string;
  readonly error?: EventError;
  readonly stages: readonly StageView[];
  readonly lanes: readonly LaneView[];
  readonly film?: FilmReference;
  readonly temporalUrl?: string;
  readonly language?: string;
  readonly frame?: string;
  readonly usage: UsageTotals;
  readonly budget?: number;
  /** What calls under way may cost beyond `usage.cost`. */
  readonly reserved?: number;
}

export interface WorkerWait {
  readonly since: string;
  readonly noWorker?: true;
  readonly queued?: number;
}

export interface LaneWait extends Partial<WorkerWait> {
  readonly lane: LaneId;
  readonly attempt: number;
  readonly retryAt?: string;
  readonly lost?: true;
}

export interface RunWaits {
  /** The server's time. */
  readonly at: string;
  readonly run?: WorkerWait;
  readonly lanes: readonly LaneWait[];
}

export interface StageView {
  readonly stage: string;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
}

export interface LaneView {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
  readonly waitsFor?: EventError;
  readonly cost?: number;
}

export interface ProjectSummary {
  readonly projectId: string;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly createdAt: string;
  readonly owner?: string;
  readonly batchId?: string;
  readonly summary: {
    readonly stages: readonly Pick<StageView, 'stage' | 'status'>[];
    readonly cost?: number;
    /** The picture of the first scene that has one. */
    readonly poster?: { readonly sha256: string };
    readonly parked: readonly string[];
    /** The stage that waits for approval. */
    readonly gate?: string;
    readonly budget?: number;
  };
}

export interface ProjectPage {
  readonly projects: readonly ProjectSummary[];
  readonly next?: string;
}

export interface EditableScene {
  readonly scene_number: number;
  readonly narration: string;
  readonly visual_prompt: string;
  readonly shot_type: string;
  readonly duration: number;
  readonly camera?: { readonly movement: string; readonly speed: string };
}

export interface Editable {
  readonly version: number;
  readonly topic: string;
  readonly settings: { readonly language: string | null; readonly frame: string | null };
  readonly rewrite?: string;
  readonly scenes: readonly EditableScene[];
  readonly order: readonly number[];
  readonly text?: { readonly lane: string; readonly content: string };
}

/** One paid call: an attempt at a text or an image, or one job for a clip. */
export interface PaidCall {
  readonly lane: string;
  readonly attempt: number;
  readonly fence: number;
  readonly provider: string;
  readonly model: string;
  readonly unit: 'token' | 'image' | 'second';
  readonly units?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly outcome: 'in_flight' | 'useful' | 'wasted';
  readonly cost?: number;
  readonly wastedCost?: number;
  readonly reserved?: number;
  readonly estimated?: true;
  readonly at: string;
}

/** A text that a person has replaced. */
export interface TextEdit {
  readonly lane: LaneId;
  readonly version: number;
  readonly by?: string;
  readonly at: string;
  readonly fence: { readonly after: number };
  readonly previousText: string;
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** How a run is started. */
export interface RunOptions {
  readonly force?: true;
  readonly stages?: readonly string[];
  readonly scenes?: readonly number[];
  readonly keepSettings?: true;
  readonly replaceEdits?: true;
}

/** Why a run would make a lane, or not. */
export type MakeReason = 'new' | 'changed' | 'depends' | 'forced' | 'reused' | 'unknown';

export interface LaneExplanation {
  readonly lane: string;
  readonly reason: MakeReason;
  /** The inputs that are others than those of what is stored. */
  readonly changed?: readonly string[];
  /** A run would replace what a person has written: it must be asked for. */
  readonly replaces?: true;
}

export interface Explanation {
  readonly version: number;
  readonly lanes: readonly LaneExplanation[];
  readonly estimate: Estimate;
  /** Absent if a new run would have the settings of the last one. */
  readonly settings?: {
    readonly changed: readonly { readonly name: string; readonly before: string; readonly now: string }[];
    /** What would be made again for no other reason. */
    readonly lanes: readonly string[];
  };
}

export interface Estimate {
  /** Null where a price is not known. */
  readonly cost: Range | null;
  readonly stages: readonly {
    readonly stage: string;
    readonly calls: number;
    readonly cost: Range | null;
  }[];
}

export interface BatchView {
  readonly batchId: string;
  readonly workflowId: string;
  readonly running: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly projects: readonly {
    readonly projectId: string;
    readonly name: string;
    readonly status: ProjectStatus;
    readonly error?: EventError;
  }[];
}

export type ModelKind = 'text' | 'image' | 'video';
export type KeyState = 'set' | 'missing' | 'none';
export type PriceUnit = 'inputPerMillion' | 'outputPerMillion' | 'perImage' | 'perSecond' | 'perVideo';

export interface ProviderView {
  readonly kind: ModelKind;
  readonly name: string;
  readonly model: string;
  /** Only the operator is shown where a model is, and whether it has a key. */
  readonly host?: string;
  readonly key?: KeyState;
  readonly enabled: boolean;
  readonly chosen: boolean;
  readonly prices: { readonly [Unit in PriceUnit]?: number } | null;
  readonly can: { readonly continuation: string };
}
