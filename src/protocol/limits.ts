/**
 * The limits that more than one part of the system checks. A limit of one file is at the top of that file. A limit that
 * an operator may change is a setting of `src/config.ts`.
 */

/** The most scenes of a film. */
export const MAX_SCENES = 500;
/** More names than there will ever be stages. */
export const MAX_STAGES = 100;

/** The limits of a scene, for models and for people. Lengths are in characters. */
export const SCENE_BOUNDS = {
  narration: 2_000,
  visualPrompt: 4_000,
  shotType: 40,
  seconds: { least: 0.5, most: 60, usual: 3 },
} as const;

/** A batch's list stays in Temporal's history and is handed on when it continues as new; 2 MB is the limit there. */
export const MAX_IN_BATCH = 5_000;

/** The most characters of the name of a batch. */
export const MAX_BATCH_ID_LENGTH = 100;

/** The most items of one page of a list. */
export const MAX_LISTED = 1_000;

/** The highest number that a column of type `int` in Postgres holds. */
export const MAX_INTEGER = 2_147_483_647;

/** The most bytes of UTF-8 of each text. A longer text of a person is refused; a longer text of a program is cut. */
export const TEXT_BYTES = {
  /** The topic of a project. */
  topic: 20_000,
  name: 500,
  style: 2_000,
  owner: 200,
  /** Who edits. */
  by: 200,
  /** Why a stage is rejected. */
  reason: 4_000,
  requestId: 200,
  lane: 100,
  gate: 100,
  /** A failure's dotted type. */
  type: 100,
  /** A failure's words. */
  message: 400,
  /** One point that was wrong with an answer. */
  issue: 300,
  /** A line in a workflow's current details. */
  note: 400,
  /** What a message shows of a value that somebody gave. */
  shown: 100,
} as const;

/** The most points that are kept of what was wrong with one answer. */
export const MAX_ISSUES = 20;
