import type { EntityManager } from 'typeorm';
import { TextEdit, type Lane } from '../../entities';
import type { LaneRun } from '../lanes/lane-run';

/** The attempt before this one, if it worked on the same inputs and did not reach its end. */
export interface Interrupted {
  readonly fence: number;
  /** The text that a person has put in its place since. */
  readonly edited?: string;
  /** The attempt whose tokens are in the text. */
  readonly paidBy?: number;
}

/** A text that an attempt continues; the provider is given the same text. */
export interface Continued {
  readonly text: string;
  readonly how: 'prefill';
  readonly paidBy?: number;
  /** True if the log holds the text. Otherwise the whole text is published again. */
  readonly isInLog: boolean;
}

/** The text that the lane's last attempt has left, or a person's edit of it. */
export async function interruptedBy(manager: EntityManager, { projectId, lane, ...row }: Lane): Promise<Interrupted> {
  const { fence } = row;
  if (fence !== row.editedFence) return { fence, paidBy: fence };
  const edits = await manager.findBy(TextEdit, { projectId, lane });
  const edited = edits.find(({ fenceAfter }) => fenceAfter === fence)?.partialText;
  if (edited == null) return { fence };
  const paidBy = writerBefore(edits, fence);
  return { fence, edited, ...(paidBy !== undefined && { paidBy }) };
}

/** The attempt whose text was edited, once or more; undefined if nothing of its text is left. */
function writerBefore(edits: readonly TextEdit[], fence: number): number | undefined {
  const edit = edits.find(({ fenceAfter }) => fenceAfter === fence);
  if (!edit) return fence;
  return edit.commonPrefixBytes === 0 ? undefined : writerBefore(edits, edit.fenceBefore);
}

/**
 * The text of the previous attempt, if this attempt can continue it. There are three conditions. That attempt worked
 * on the same inputs, the log still holds its text, and the provider continues a last assistant message byte for
 * byte.
 *
 * The end is cut back to the last whole word. Some servers trim white space at the end of a prefix, and a model that
 * continues inside a word spells it differently. From a person's text only white space is cut. Postgres stores a
 * person's text, so it is never lost with the log.
 */
export async function continuedText(run: LaneRun, continuation: string): Promise<Continued | undefined> {
  if (continuation !== 'prefill' || !run.interrupted) return undefined;
  const { fence, edited, paidBy } = run.interrupted;
  const held = await run.deps.log.lane(run.claim.projectId, run.claim.lane).catch(() => undefined);
  const known = held?.fence === fence ? held.text : undefined;
  const text = edited === undefined ? cutToWord(known ?? '') : edited.trimEnd();
  if (text === '') return undefined;
  return { text, how: 'prefill', isInLog: known?.startsWith(text) === true, ...(paidBy !== undefined && { paidBy }) };
}

/** A longer piece is no word, but text of a script without spaces. */
const LONGEST_WORD = 40;

/** Drops the unfinished word and the white space before it; in a text without spaces, only the last character. */
export function cutToWord(text: string): string {
  const word = /\s\S*$/.exec(text.slice(-LONGEST_WORD));
  if (word) return text.slice(0, text.length - word[0].length).trimEnd();
  const characters = [...new Intl.Segmenter().segment(text.slice(-LONGEST_WORD))];
  return text.slice(0, text.length - (characters.at(-1)?.segment.length ?? 0));
}
