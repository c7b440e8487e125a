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

export interface Explanation {
  readonly lanes: readonly { readonly lane: LaneId; readonly reason: string }[];
  readonly estimate: Estimate;
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

export interface ProviderView {
  readonly kind: string;
  readonly name: string;
  readonly model: string;
  readonly host?: string;
  readonly key: 'set' | 'missing' | 'none';
  readonly enabled: boolean;
  readonly chosen: boolean;
  readonly prices: object | null;
  readonly can: { readonly continuation: string };
}
