import type { EventError, LaneStatus } from '../../src/protocol';

export interface Mark {
  readonly kind: 'resumed' | 'reset';
  readonly offset: number;
  /** How it was resumed, or why it was begun again. */
  readonly why: string;
  readonly attempt: number;
}

/** Whether the shown text is the stored one, by the page's own check. */
export type Proof = 'none' | 'checking' | 'verified' | 'differs' | 'unable';

/** The state of one lane, without its text. */
export interface LaneState {
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly fence: number;
  /** How often the text was begun or changed by another hand: resets, and new fences. */
  readonly epoch: number;
  readonly proof: Proof;
  readonly sha256?: string;
  readonly error?: EventError;
  readonly message?: string;
  readonly marks: readonly Mark[];
}

export const NEW_LANE: LaneState = {
  status: 'pending',
  attempt: 0,
  fence: 0,
  epoch: 0,
  proof: 'none',
  marks: [],
};
