export interface Part {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Above this, what lies between the common beginning and end is shown as replaced: the table would take seconds. */
const MAX_CELLS = 4_000_000;

/** What has become of `before`, by words; words of Chinese, too. The parts that are not added are `before`, and the others `after`. */
export function wordDiff(before: string, after: string, locale: string): Part[] {
  const old = wordsOf(before, locale);
  const now = wordsOf(after, locale);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, now.length) - head;
  while (tail < most && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return inPassages([
    { kind: 'same', text: old.slice(0, head).join('') },
    ...between(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    { kind: 'same', text: old.slice(old.length - tail).join('') },
  ]);
}

/** A few equal words within a passage that was written anew are read as part of it: `a ~~b~~c ~~d~~e` is no text. */
const LEAST_SAME = 12;

function inPassages(words: readonly Part[]): Part[] {
  const parts: Part[] = [];
  let [removed, added, same] = ['', '', ''];
  const end = () => {
    if (removed !== '') parts.push({ kind: 'removed', text: removed });
    if (added !== '') parts.push({ kind: 'added', text: added });
    if (same !== '') parts.push({ kind: 'same', text: same });
    removed = added = same = '';
  };
  for (const { kind, text } of words) {
    if (kind === 'same') same += text;
    else {
      if (same.length >= LEAST_SAME || (removed === '' && added === '')) end();
      removed += same + (kind === 'removed' ? text : '');
      added += same + (kind === 'added' ? text : '');
      same = '';
    }
  }
  end();
  return parts;
}

/** By the longest common sequence of words. */
function between(old: readonly string[], now: readonly string[]): Part[] {
  const removed = (words: readonly string[]): Part[] => words.map((text) => ({ kind: 'removed', text }));
  const added = (words: readonly string[]): Part[] => words.map((text) => ({ kind: 'added', text }));
  const width = now.length + 1;
  if (old.length === 0 || now.length === 0 || old.length * now.length > MAX_CELLS) {
    return [...removed(old), ...added(now)];
  }
  const lengths = new Uint32Array((old.length + 1) * width);
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        old[i] === now[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const parts: Part[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      parts.push({ kind: 'same', text: old[i] ?? '' });
      i += 1;
      j += 1;
    } else if (length(i + 1, j) >= length(i, j + 1)) parts.push({ kind: 'removed', text: old[i++] ?? '' });
    else parts.push({ kind: 'added', text: now[j++] ?? '' });
  }
  return [...parts, ...removed(old.slice(i)), ...added(now.slice(j))];
}

/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/** Words, spaces and signs, which are the text again if joined. A segmenter needs memory by the square of what it is given. */
function wordsOf(text: string, locale: string): string[] {
  const segmenter = new Intl.Segmenter(locale, { granularity: 'word' });
  return (text.match(/\s+|[\p{L}\p{M}\p{N}]{1,200}|[^]/gu) ?? []).flatMap((run) =>
    UNSPACED.test(run) ? [...segmenter.segment(run)].map(({ segment }) => segment) : [run],
  );
}
