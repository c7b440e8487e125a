/** Two lines of 42 Latin letters, which is what viewers read at once; a Chinese character takes the place of two. */
const MAX = 84;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** What is shown at one time, and its share of the whole text. */
export interface CaptionLine {
  readonly text: string;
  readonly share: number;
}

/** Cuts a narration into what a viewer can read at once: whole sentences if they fit, otherwise whole words. */
export function captionLines(narration: string): readonly CaptionLine[] {
  const given = narration.split(/[\r\n]+/).map((line) => line.trim());
  const text = given.filter((line) => line !== '').join('\n');
  const lines = linesOf(text);
  const whole = lines.reduce((sum, line) => sum + widthOf(line), 0) || 1;
  return lines.map((line) => ({ text: line, share: lines.length === 1 ? 1 : widthOf(line) / whole }));
}

/** Short sentences share a line; a long one begins and ends lines of its own. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  let short: string[] = [];
  const flush = () => {
    if (short.length > 0) lines.push(...packed(short));
    short = [];
  };
  for (const { segment } of sentences.segment(text)) {
    if (widthOf(segment.trim()) <= MAX) short.push(segment);
    else {
      flush();
      lines.push(...packed(wordsOf(segment)));
    }
  }
  flush();
  const shown = lines.filter((line) => line !== '');
  return shown.length > 0 ? shown : [''];
}

/** Punctuation and spaces stay with the word before them. */
function wordsOf(sentence: string): readonly string[] {
  const parts: string[] = [];
  for (const { segment, isWordLike } of words.segment(sentence)) {
    if (isWordLike || parts.length === 0) parts.push(segment);
    else parts.push((parts.pop() ?? '') + segment);
  }
  return parts;
}

function packed(parts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line !== '' && widthOf((line + part).trim()) > MAX) {
      lines.push(line.trim());
      line = '';
    }
    line += part;
  }
  lines.push(line.trim());
  return lines;
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
  return width;
}
