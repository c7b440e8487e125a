import type { EntityManager } from 'typeorm';
import { TextEdit, type Lane } from '../../entities';
import type { LaneRun } from '../lanes/lane-run';

/** The attempt before this one, where it was making the same thing and did not get to its end. */
export interface Interrupted {
  readonly fence: number;
  /** What a person has put in place of its text since then. */
  readonly edited?: string;
  /** The attempt whose tokens are in the text. */
  readonly paidBy?: number;
}

/** A text that an attempt goes on from, and what the provider is given of it: the same. */
export interface Continued {
  readonly text: string;
  readonly how: 'prefill';
  readonly paidBy?: number;
  /** The log holds it. Otherwise viewers are told all of it anew. */
  readonly told: boolean;
}

/** What the lane's last attempt has left, or the person who edited that. */
export async function interruptedBy(manager: EntityManager, { projectId, lane, ...row }: Lane): Promise<Interrupted> {
  const { fence } = row;
  if (fence !== row.editedFence) return { fence, paidBy: fence };
  const edits = await manager.findBy(TextEdit, { projectId, lane });
  const edited = edits.find(({ fenceAfter }) => fenceAfter === fence)?.begun;
  if (edited == null) return { fence };
  const paidBy = writerBefore(edits, fence);
  return { fence, edited, ...(paidBy !== undefined && { paidBy }) };
}

/** The attempt whose text was edited, once or more; undefined where nothing is left of what it wrote. */
function writerBefore(edits: readonly TextEdit[], fence: number): number | undefined {
  const edit = edits.find(({ fenceAfter }) => fenceAfter === fence);
  if (!edit) return fence;
  return edit.departsAt === 0 ? undefined : writerBefore(edits, edit.fenceBefore);
}

/**
 * The text of the attempt before, where this one can go on from it: that attempt was making the same thing, the log still
 * holds what it wrote, and the provider continues a last assistant message byte for byte.
 *
 * The end is cut back to the last whole word. Some servers trim white space at the end of a prefix, and a model that is
 * made to go on inside of a word spells it differently than it would have. Of what a person wrote nothing is cut but white
 * space, and it is there whatever became of the log.
 */
export async function continuedText(run: LaneRun, continuation: string): Promise<Continued | undefined> {
  if (continuation !== 'prefill' || !run.interrupted) return undefined;
  const { fence, edited, paidBy } = run.interrupted;
  const held = await run.deps.log.lane(run.claim.projectId, run.claim.lane).catch(() => undefined);
  const known = held?.fence === fence ? held.text : undefined;
  const text = edited === undefined ? cutToWord(known ?? '') : edited.trimEnd();
  if (text === '') return undefined;
  return { text, how: 'prefill', told: known?.startsWith(text) === true, ...(paidBy !== undefined && { paidBy }) };
}

/** Further back than this is no word, but a text that is written without spaces. */
const LONGEST_WORD = 40;

/** Drops the word under way and the white space before it; of a text without spaces only the last character. */
export function cutToWord(text: string): string {
  const word = /\s\S*$/.exec(text.slice(-LONGEST_WORD));
  if (word) return text.slice(0, text.length - word[0].length).trimEnd();
  const characters = [...new Intl.Segmenter().segment(text.slice(-LONGEST_WORD))];
  return text.slice(0, text.length - (characters.at(-1)?.segment.length ?? 0));
}
