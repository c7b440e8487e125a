/** A narration, and for how many ticks of the film its scene lasts. */
export interface Caption {
  readonly ticks: number;
  readonly text: string;
}

/**
 * The text that is shown at one time. Its lines joined are the characters of the narration; a break is only at a line's
 * end.
 */
export interface Cue {
  readonly ticks: number;
  readonly lines: readonly string[];
}

/** In columns: a character of Chinese, Japanese or Korean, or an emoji, takes two. */
export const LONGEST_LINE = 40;
/** The columns that fit into a frame as wide as it is high. Players choose the size of letters by the height. */
const COLUMNS_OF_SQUARE = 36;
const SHORTEST_LINE = 10;
const MAX_LINES = 2;
/** The most empty lines and spaces that may follow a line. */
const MAX_EMPTY = 1_000;
/** A letter with so many marks on it is no letter any more. */
const LONGEST_GRAPHEME = 16;

/** The longest line that is inside a frame. */
export function longestLineIn({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.min(LONGEST_LINE, Math.max(SHORTEST_LINE, Math.floor((COLUMNS_OF_SQUARE * width) / height)));
}

/**
 * The cues of the scenes one after the other. Each is shown for its share of the scene, by its length; together they last as
 * long as the scenes do. A scene without a narration is a cue without lines.
 */
export function cuesOf(captions: readonly Caption[], longestLine = LONGEST_LINE): Cue[] {
  return captions.flatMap(({ ticks, text }) => {
    const narration = text.trim();
    if (narration === '') return [{ ticks, lines: [] }];
    return spread(inPairs(linesOf(narration, longestLine)), ticks);
  });
}

/** The text of a cue as it is stored: a line that ends with a line break needs no other break. */
export function textOf({ lines }: Cue): string {
  return lines.map((line, i) => (i === lines.length - 1 || endsItself(line) ? line : `${line}\n`)).join('');
}

/** The fewest possible lines, and among these solutions the lines of the most even length. */
function linesOf(text: string, longest: number): string[] {
  const pieces = piecesOf(text);
  let best = fill(pieces, longest);
  const fewest = best.length;
  for (let [low, high] = [1, longest - 1]; low <= high;) {
    const width = (low + high) >> 1;
    const lines = fill(pieces, width);
    if (lines.length > fewest) low = width + 1;
    else [best, high] = [lines, width - 1];
  }
  return best;
}

interface Piece {
  readonly text: string;
  readonly columns: number;
  readonly isSpace: boolean;
  readonly isBreak: boolean;
  /** A line may end after it. */
  readonly mayEnd: boolean;
}

function fill(pieces: readonly Piece[], width: number): string[] {
  const lines: string[] = [];
  for (let from = 0; from < pieces.length;) {
    const end = endOfLine(pieces, from, width);
    lines.push(
      pieces
        .slice(from, end)
        .map(({ text }) => text)
        .join(''),
    );
    from = end;
  }
  return lines;
}

/**
 * The end of the line that begins at `from`: the next break of the text, else after the last word that fits, with its
 * space.
 */
function endOfLine(pieces: readonly Piece[], from: number, width: number): number {
  let columns = 0;
  let last: number | undefined;
  for (let i = from; i < pieces.length; i++) {
    const piece = pieces[i] as Piece;
    columns += piece.columns;
    // A space at the end of a line is not seen, but many of them are not one.
    if (columns > width && !(piece.isSpace && columns <= 2 * width)) return last ?? Math.max(i, from + 1);
    if (piece.isBreak) return afterBreaks(pieces, i + 1);
    if (piece.mayEnd) last = i + 1;
  }
  return pieces.length;
}

/** Empty lines belong to the line before them; they end its cue. */
function afterBreaks(pieces: readonly Piece[], from: number): number {
  let end = from;
  for (let i = from; i < Math.min(pieces.length, from + MAX_EMPTY) && pieces[i]?.isSpace; i++) {
    if (pieces[i]?.isBreak) end = i + 1;
  }
  return end;
}

function inPairs(lines: readonly string[]): string[][] {
  const cues: string[][] = [];
  let open: string[] | undefined;
  for (const line of lines) {
    if (open) open.push(line);
    else cues.push((open = [line]));
    if (open.length === MAX_LINES || breaksIn(line) > 1) open = undefined;
  }
  return cues;
}

/** Divides the ticks among the cues, without a gap and without losses by rounding. */
function spread(cues: readonly (readonly string[])[], ticks: number): Cue[] {
  const lengths = cues.map((lines) => lines.join('').length);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let [spoken, from] = [0, 0];
  return cues.map((lines, i) => {
    spoken += lengths[i] ?? 0;
    const to = Math.round((ticks * spoken) / whole);
    const cue = { ticks: to - from, lines };
    from = to;
    return cue;
  });
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const BREAK = /^(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])$/;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Extended_Pictographic}\p{Regional_Indicator}\u3000-\u303f\uff01-\uff60]/u;
const NOT_FIRST = /^[\p{Pe}\p{Pf}!?,.:;%…、。，．：；！？々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const NOT_LAST = /[\p{Ps}\p{Pi}]$/u;

function piecesOf(text: string): Piece[] {
  const parts = [...graphemes.segment(text)].flatMap(({ segment }) =>
    segment.length > LONGEST_GRAPHEME ? [...segment] : [segment],
  );
  return parts.map((part, i) => {
    const isBreak = BREAK.test(part);
    // A space that keeps words together does not count as a space here.
    const isSpace = isBreak || /^[^\S\u00a0\u202f\ufeff]+$/.test(part);
    const next = parts[i + 1] ?? '';
    const isWide = WIDE.test(part);
    const mayEnd = isSpace || part === '-' || isWide || WIDE.test(next);
    return {
      text: part,
      columns: isWide ? 2 : 1,
      isSpace,
      isBreak,
      mayEnd: mayEnd && !NOT_FIRST.test(next) && !NOT_LAST.test(part),
    };
  });
}

function endsItself(line: string): boolean {
  return /[\n\v\f\r\u0085\u2028\u2029]$/.test(line);
}

function breaksIn(line: string): number {
  return line.match(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/g)?.length ?? 0;
}
