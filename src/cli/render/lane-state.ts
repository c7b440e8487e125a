import { createHash } from 'node:crypto';
import { laneParts, type EventError, type LaneId, type LaneSnapshot, type LaneStatus } from '../../protocol';

/** `unchecked`: the watch began in the middle of the text, so there is nothing to compare. */
export type TextCheck = 'verified' | 'mismatch' | 'unchecked';

/** A lane as this viewer has seen it. */
export interface LaneState {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly attempt: number;
  /** All text since the last reset, or what came of it since the watch began. */
  readonly text: string;
  /** Where the next token must begin, in bytes of UTF-8. */
  readonly bytes: number;
  /** False where the beginning of the text was not seen. */
  readonly whole: boolean;
  /** After the text has settled: whether it is what was promised. */
  readonly check?: TextCheck;
  /** Percent, of a clip. */
  readonly progress?: number;
  /** What came out, in a word: the camera's movement. */
  readonly result?: string;
  readonly error?: EventError;
  /** What a person can type about a parked lane. */
  readonly commands?: readonly string[];
}

export function newLane(lane: LaneId): LaneState {
  return { lane, status: 'pending', attempt: 1, text: '', bytes: 0, whole: true };
}

export function laneOfSnapshot(lane: LaneId, { status, text, attempt, sha256, error }: LaneSnapshot): LaneState {
  const state = { ...newLane(lane), ...withText(text ?? ''), status, attempt: Math.max(1, attempt) };
  return {
    ...state,
    ...(sha256 !== undefined && text !== undefined && { check: checkText(state, state.bytes, sha256) }),
    ...(status === 'needs_attention' && error && { error }),
  };
}

/** Takes a token in at its offset: a repeated piece counts once; after a gap the text cannot be what was promised. */
export function addToken(state: LaneState, content: string, offset: number, isFirst: boolean): LaneState {
  const size = Buffer.byteLength(content);
  if (offset + size <= state.bytes) return state;
  if (offset > state.bytes) {
    return { ...state, text: state.text + content, bytes: offset + size, whole: state.whole && !isFirst };
  }
  const news =
    offset === state.bytes
      ? content
      : Buffer.from(content)
          .subarray(state.bytes - offset)
          .toString('utf8');
  return { ...state, text: state.text + news, bytes: offset + size };
}

/** The text up to `offset` stays; a new attempt goes on from there. */
export function resumeAt(state: LaneState, offset: number): LaneState {
  if (offset >= state.bytes) return state;
  const held = Buffer.from(state.text);
  const start = state.bytes - held.length;
  return { ...state, text: held.subarray(0, Math.max(0, offset - start)).toString('utf8'), bytes: offset };
}

export function checkText(state: LaneState, length: number, sha256: string): TextCheck {
  if (!state.whole) return 'unchecked';
  const same = state.bytes === length && createHash('sha256').update(state.text).digest('hex') === sha256;
  return same ? 'verified' : 'mismatch';
}

function withText(text: string): Pick<LaneState, 'text' | 'bytes'> {
  return { text, bytes: Buffer.byteLength(text) };
}

/** A lane that runs once in a project and whose text a person wants to read. */
export function isStory(lane: LaneId): boolean {
  const { stage } = laneParts(lane);
  return stage === 'rewrite' || stage === 'storyboard';
}
