import type { FailureType } from './failures';
import type { Cursor, LaneId, ProjectId } from './ids';
import type { LaneStatus, ProjectStatus } from './status';

/** Fields of every event on a project's log. `timestamp` is in seconds. Empty fields are left out. */
export interface EventHead {
  readonly id: Cursor;
  readonly project_id: ProjectId;
  readonly stage: string;
  readonly timestamp: number;
  readonly lane?: LaneId;
  readonly fence?: number;
  readonly attempt?: number;
}

/** A failure as viewers and operators see it: never a prompt, a key or a generated text. */
export interface EventError {
  readonly type: FailureType;
  readonly message: string;
  readonly retryable: boolean;
  /** What was wrong with an unusable answer, point by point. */
  readonly issues?: readonly string[];
}

/** What happened, without its place and its time. */
export type EventBody =
  | {
      readonly type: 'stage_update';
      readonly status: LaneStatus;
      readonly progress?: number;
      readonly message?: string;
    }
  | { readonly type: 'token'; readonly content: string; readonly offset: number }
  | {
      readonly type: 'progress';
      readonly current: number;
      readonly total: number;
      readonly progress: number;
      readonly item_name?: string;
    }
  | {
      readonly type: 'item_completed';
      /** `image`, `camera` or `video` of our own stages; of a package's stage what it calls it, or its name. */
      readonly item_type: string;
      readonly sequence_number: number;
      readonly metadata?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'done';
      readonly metadata: { readonly length: number; readonly sha256: string };
      /**
       * The client adds this field; the log does not hold it. It states whether the viewer was shown exactly this text.
       */
      readonly verified?: boolean;
    }
  | { readonly type: 'error'; readonly error: string; readonly retry_count: number }
  | { readonly type: 'stage_completed'; readonly metadata?: Readonly<Record<string, unknown>> }
  | {
      readonly type: 'pipeline_done';
      readonly metadata: {
        readonly completed_stages: number;
        readonly skipped_stages: number;
        readonly total_stages: number;
      };
    }
  | { readonly type: 'pipeline_error'; readonly error: string; readonly metadata?: Readonly<Record<string, unknown>> }
  | { readonly type: 'reset'; readonly reason: ResetReason; readonly attempt: number }
  | {
      readonly type: 'resumed';
      readonly offset: number;
      readonly attempt: number;
      readonly how: ContinuedBy;
    }
  | { readonly type: 'edited'; readonly version: number; readonly by?: string }
  | { readonly type: 'awaiting'; readonly gate: string }
  | { readonly type: 'attention'; readonly error: EventError; readonly commands: readonly string[] }
  | ({
      readonly type: 'usage';
      /** The totals of all lanes, in all runs. */
      readonly project?: UsageTotals;
    } & UsageTotals);

/**
 * What was paid, and which part of it is in no committed result. A count of zero is left out. Costs are in the currency
 * of the providers' prices; they are left out if no price is known.
 */
export type UsageTotals = {
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** The sum of both. */
  readonly useful_tokens: number;
  readonly wasted_tokens: number;
  readonly images?: number;
  readonly wasted_images?: number;
  readonly video_seconds?: number;
  readonly wasted_video_seconds?: number;
  readonly cost?: number;
  readonly useful_cost?: number;
  readonly wasted_cost?: number;
  /** True if some of it was counted here, because the provider did not report it. */
  readonly estimated?: true;
  /** Some of it has no price, so that `cost` is not all. */
  readonly unpriced?: true;
};

/** The name of an event. */
export type EventType = EventBody['type'] | 'snapshot';

/** Why a lane's text starts again at offset 0. `thoughts`: the streamed text was no answer, and the same attempt continues. */
export const RESET_REASONS = ['retry', 'rerun', 'edited', 'workflow_reset', 'thoughts'] as const;
/** See `RESET_REASONS`. */
export type ResetReason = (typeof RESET_REASONS)[number];

/**
 * How a new attempt continues the existing text. `prefill` is done by the provider. `reuse`: the whole text was committed
 * already, and only its end is published again.
 */
export const WAYS_TO_CONTINUE = ['prefill', 'reuse'] as const;
/** See `WAYS_TO_CONTINUE`. */
export type ContinuedBy = (typeof WAYS_TO_CONTINUE)[number];

/** An event of the log. */
export type LogEvent = EventHead & EventBody;

/** A lane in a snapshot. */
export interface LaneSnapshot {
  readonly status: LaneStatus;
  readonly text?: string;
  /** Bytes of UTF-8 in `text`: the offset at which the next token starts. */
  readonly offset: number;
  readonly fence: number;
  readonly attempt: number;
  /** The announced hash of a committed text. */
  readonly sha256?: string;
  /** For a committed text: whether `text` has this hash. */
  readonly verified?: boolean;
  readonly error?: EventError;
}

/** What the storyboard states of a scene. */
export interface SceneFields {
  readonly scene_number: number;
  readonly narration: string;
  readonly visual_prompt: string;
  readonly shot_type: string;
  /** In seconds. */
  readonly duration: number;
}

/** A scene in a snapshot. */
export interface SceneSnapshot extends SceneFields {
  /** The stored picture of the scene; absent if nothing is stored. */
  readonly image?: SceneAsset;
  readonly camera?: { readonly movement: string; readonly speed: string };
  readonly clip?: SceneAsset;
}

/**
 * A picture or a clip, with the measures that are known. The gateway serves it at `/v1/projects/{id}/media/{sha256}`.
 */
export interface SceneAsset {
  readonly asset: string;
  readonly sha256: string;
  readonly media_type: string;
  readonly width?: number;
  readonly height?: number;
  /** In seconds. */
  readonly duration?: number;
}

/**
 * Replaces everything that a viewer has. The tail continues after `cursor`, which is absent if the log has no event.
 * Glossary: snapshot.
 */
export interface SnapshotEvent {
  readonly type: 'snapshot';
  readonly project_id: ProjectId;
  readonly stage: string;
  readonly timestamp: number;
  readonly id?: Cursor;
  readonly cursor?: Cursor;
  readonly status: ProjectStatus;
  readonly topic: string;
  readonly lanes: Readonly<Record<LaneId, LaneSnapshot>>;
  readonly scenes: readonly SceneSnapshot[];
  readonly film?: FilmReference;
}

/** A film that is made. */
export interface FilmReference {
  readonly asset: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly duration: number;
  /** How many scenes it shows. */
  readonly scenes: number;
  /** Scenes that it shows by their image, because they have no clip. */
  readonly stills?: readonly number[];
  /** Scenes that are not in it, because they have neither. */
  readonly missing_scenes?: readonly number[];
}

/** What a viewer receives: an event of the log, or a snapshot. Glossary: event. */
export type StoryEvent = LogEvent | SnapshotEvent;

/** The run has ended: viewers of the whole project stop here. */
export function isTerminal(event: { readonly type: string }): boolean {
  return event.type === 'pipeline_done' || event.type === 'pipeline_error';
}
