import type { EntityManager } from 'typeorm';
import { TextEdit, type Lane } from '../../entities';
import type { LaneRun } from '../lanes/lane-run';

/** What the attempts before this one have left, if they worked on the same inputs and did not reach their end. */
export interface Interrupted {
  /**
   * The attempts whose text may be continued, from the one that began it to the last one. The last one may have ended
   * before it wrote anything.
   */
  readonly fences: readonly [first: number, last: number];
  /** The unfinished text that a person has written. Every attempt since continues it. */
  readonly edited?: EditedText;
}

interface EditedText {
  readonly fence: number;
  readonly text: string;
  /** The attempt whose tokens are in it. */
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

/** Whom the lane's unfinished text is from. */
export async function interruptedBy(manager: EntityManager, row: Lane): Promise<Interrupted> {
  const { projectId, lane, fence, begunFence, editedFence } = row;
  const fences = [begunFence ?? fence, fence] as const;
  if (editedFence === null) return { fences };
  const edits = await manager.findBy(TextEdit, { projectId, lane });
  const text = edits.find(({ fenceAfter }) => fenceAfter === editedFence)?.partialText;
  if (text == null) return { fences };
  const paidBy = writerBefore(edits, editedFence);
  return {
    fences: [Math.max(fences[0], editedFence + 1), fence],
    edited: { fence: editedFence, text, ...(paidBy !== undefined && { paidBy }) },
  };
}

/** The attempt whose text was edited, once or more; undefined if nothing of its text is left. */
function writerBefore(edits: readonly TextEdit[], fence: number): number | undefined {
  const edit = edits.find(({ fenceAfter }) => fenceAfter === fence);
  if (!edit) return fence;
  return edit.commonPrefixBytes === 0 ? undefined : writerBefore(edits, edit.fenceBefore);
}

/**
 * The text of the previous attempts, if this attempt can continue it. There are three conditions. Those attempts worked
 * on the same inputs, the log still holds their text, and the provider continues a last assistant message byte for
 * byte. If the log does not hold it, the text is the one that a person has written before that attempt. Postgres
 * stores a person's text, so neither a lost log nor an attempt that ends before its first word takes it away.
 *
 * The end is cut back to the last whole word. Some servers trim white space at the end of a prefix, and a model that
 * continues inside a word spells it differently. Only the white space at the end of a person's text is cut.
 */
export async function continuedText(run: LaneRun, continuation: string): Promise<Continued | undefined> {
  if (continuation !== 'prefill' || !run.interrupted) return undefined;
  const { fences, edited } = run.interrupted;
  const oldest = run.minResultFence ?? 0;
  const held = await run.deps.log.lane(run.claim.projectId, run.claim.lane).catch(() => undefined);
  if (held && held.fence >= Math.max(fences[0], oldest) && held.fence <= fences[1]) {
    const text = cutToWord(held.text);
    return text === '' ? undefined : { text, how: 'prefill', isInLog: true, paidBy: held.fence };
  }
  // Everything older is made again.
  if (!edited || edited.fence < oldest) return undefined;
  const text = edited.text.trimEnd();
  if (text === '') return undefined;
  const { paidBy } = edited;
  const isInLog = held?.fence === edited.fence && held.text.startsWith(text);
  return { text, how: 'prefill', isInLog, ...(paidBy !== undefined && { paidBy }) };
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
