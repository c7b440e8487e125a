import type { LaneId } from './ids';
import type { RunStatus } from './status';

/**
 * Messages that steer a run. Each is an Update, which answers, and a Signal of the same name and argument, which an
 * operator can type. A stale or repeated message changes nothing. The Update's answer states this; the Signal leaves a
 * line in the workflow's current details.
 * Glossary: message.
 */
export interface StoryMessages {
  /** Nothing new begins. Running lanes end or, with `now`, stop at once and continue later from their text. */
  readonly pause: { readonly now?: boolean };
  readonly resume: Record<never, never>;
  /** A lane (`image_generation/3`) that waits for a person, or all of a stage (`image_generation`). */
  readonly retry: LaneRequest;
  /** Later lanes run without this lane. */
  readonly skip: LaneRequest;
  /** Stops a lane and keeps its text; it waits for `retry` or `skip` then. */
  readonly cancelLane: LaneRequest;
  readonly approve: GateRequest;
  readonly reject: RejectRequest;
  /** Rows of the project were changed by a person: everything is checked again before the run ends. */
  readonly edited: Record<never, never>;
}

/** The name of a message to a run. */
export type StoryMessage = keyof StoryMessages;

/** A message about lanes. */
export interface LaneRequest {
  readonly lane: string;
}

/** A message about a stage that waits for approval. */
export interface GateRequest {
  /** The stage that is looked at. */
  readonly gate: string;
}

/** The stage, or one lane of it, is produced again; the model is given the reason. */
export interface RejectRequest extends GateRequest {
  readonly reason: string;
  readonly lane?: string;
  /** The version of the project that is rejected: a text that somebody writes after it stays. */
  readonly version?: number;
}

/** What a message has changed: the lanes concerned. The list is empty if the message is about the run as a whole. */
export interface MessageAnswer {
  readonly status: RunStatus;
  readonly lanes: readonly LaneId[];
  /** The run as viewers follow it. */
  readonly runId: string;
  /** Attempts that began later, by their fence, know of it already. */
  readonly fence: number;
}
