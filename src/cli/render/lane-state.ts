import { roleOf, type EventError, type LaneId, type LaneSnapshot, type LaneStatus } from '../../protocol';

/** `unchecked`: the watch began in the middle of the text and could not get its beginning. */
export type TextCheck = 'verified' | 'mismatch' | 'unchecked';

/** A lane as this viewer has seen it. */
export interface LaneState {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly attempt: number;
  /** All text since the last reset, or what came of it since the watch began. */
  readonly text: string;
  /** The offset of the next token, in bytes of UTF-8. */
  readonly bytes: number;
  /** For a committed text: whether the shown text is the stored one. */
  readonly check?: TextCheck;
  /** Percent, of a clip. */
  readonly progress?: number;
  /** The result in one word: the camera's movement. */
  readonly result?: string;
  readonly error?: EventError;
  /** The commands that a person can type for a lane that needs attention. */
  readonly commands?: readonly string[];
}

export function newLane(lane: LaneId): LaneState {
  return { lane, status: 'pending', attempt: 1, text: '', bytes: 0 };
}

export function laneOfSnapshot(
  lane: LaneId,
  { status, text = '', offset, attempt, sha256, verified, error }: LaneSnapshot,
): LaneState {
  return {
    ...newLane(lane),
    text,
    bytes: offset,
    status,
    attempt: Math.max(1, attempt),
    ...(sha256 !== undefined && { check: checkOf(verified) }),
    ...(status === 'needs_attention' && error && { error }),
  };
}

/** Takes a token in at its offset: a repeated piece counts once. */
export function addToken(state: LaneState, content: string, offset: number): LaneState {
  const size = Buffer.byteLength(content);
  if (offset + size <= state.bytes) return state;
  if (offset > state.bytes) return { ...state, text: state.text + content, bytes: offset + size };
  const news =
    offset === state.bytes
      ? content
      : Buffer.from(content)
          .subarray(state.bytes - offset)
          .toString('utf8');
  return { ...state, text: state.text + news, bytes: offset + size };
}

/** The text up to `offset` stays; a new attempt continues from there. */
export function resumeAt(state: LaneState, offset: number): LaneState {
  if (offset >= state.bytes) return state;
  const held = Buffer.from(state.text);
  const start = state.bytes - held.length;
  return { ...state, text: held.subarray(0, Math.max(0, offset - start)).toString('utf8'), bytes: offset };
}

export function checkOf(verified: boolean | undefined): TextCheck {
  if (verified === undefined) return 'unchecked';
  return verified ? 'verified' : 'mismatch';
}

/** A lane that runs once in a project and whose text people want to read. */
export function isStory(lane: LaneId): boolean {
  const role = roleOf(lane);
  return role === 'story' || role === 'scenes';
}
