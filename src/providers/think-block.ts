/** A part of the answer, a part of the thoughts before it, or the fact that all text so far were thoughts. */
export type ParsedPiece = { readonly type: 'text' | 'thought'; readonly text: string } | { readonly type: 'retract' };

/** The marks around a model's thoughts if the server does not separate them from the answer. */
const BLOCKS: readonly (readonly [opens: string, closes: string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<thoughts>', '</thoughts>'],
  ['<reasoning>', '</reasoning>'],
  ['<reflection>', '</reflection>'],
  ['<analysis>', '</analysis>'],
  ['<scratchpad>', '</scratchpad>'],
  ['<details type="reasoning"', '</details>'],
  ['<seed:think>', '</seed:think>'],
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  // The marks of gpt-oss, Gemma and Command, if a server does not read them.
  ['<|channel|>analysis<|message|>', '<|channel|>final<|message|>'],
  ['<|channel>thought', '<channel|>'],
  ['<|start_thinking|>', '<|end_thinking|>'],
  ['<|begin_of_thought|>', '<|end_of_thought|>'],
];
/** Marks that begin the answer itself. */
const BEGINNINGS = [
  ...['<|start|>assistant', '<|channel|>final<|message|>', '<|start_response|>', '<|begin_of_solution|>', '<answer>'],
  ...['<s>', '<bos>', '<|im_start|>assistant', '<|start_header_id|>assistant<|end_header_id|>'],
];
const OPENINGS = [...BLOCKS.map(([opens]) => opens), ...BEGINNINGS];
const LONGEST = Math.max(...[...OPENINGS, ...BLOCKS.map(([, closes]) => closes)].map((mark) => mark.length));
/** More white space than this before an answer is the answer. */
const MAX_SPACE = 1_000;
/** The first characters of the marks: most pieces of a text contain none of them. */
const FIRST = /[<[◁]/;

/**
 * Separates a block of thoughts at the very beginning of an answer from the answer, wherever the stream is cut. A block
 * that is mentioned later is left alone. Some servers remove the opening mark. Then only the closing mark shows that
 * the text before it was thoughts, and that text is retracted. If this is known about a model, its text is held back
 * until the mark.
 */
export class ThinkBlock {
  private mode: 'start' | 'thoughts' | 'held' | 'text' | 'answer';
  private closes = '';
  private afterBlock = false;
  /** Text that is not passed on yet: it may be a mark, or the beginning of one. */
  private rest = '';
  /** The end of the passed or held text, in small letters; a mark may begin in it. */
  private tail = '';
  private wrote = false;
  private silent = false;

  /** `midway`: the answer continues an existing text, so a block may only begin at the very start of the answer. */
  constructor(private readonly options: { readonly midway?: boolean; readonly silentStart?: boolean } = {}) {
    this.mode = options.silentStart ? 'held' : 'start';
  }

  /** The model closes a block that it has not opened. */
  get startsSilently(): boolean {
    return this.silent;
  }

  push(piece: string): ParsedPiece[] {
    if (this.mode === 'answer') return textOf(piece);
    if (this.mode === 'text') return this.watch(piece);
    if (this.mode === 'held') return this.hold(piece);
    this.rest += piece;
    return this.mode === 'thoughts' ? this.think() : this.begin();
  }

  /** The answer has ended. */
  end(): ParsedPiece[] {
    const { mode, rest } = this;
    this.rest = '';
    if (mode === 'thoughts') return rest === '' ? [] : [{ type: 'thought', text: rest }];
    // A block that never came: the model did not think this time.
    return textOf(this.afterBlock ? rest.trimStart() : rest);
  }

  private begin(): ParsedPiece[] {
    const found = this.rest.search(/\S/);
    const start = found < 0 ? this.rest.length : found;
    const marked = small(this.rest.slice(start, start + LONGEST));
    const block = BLOCKS.find(([opens]) => marked.startsWith(opens));
    if (block) {
      this.mode = 'thoughts';
      this.closes = block[1];
      this.rest = this.rest.slice(start + block[0].length);
      return this.think();
    }
    const begins = BEGINNINGS.find((mark) => marked.startsWith(mark));
    if (begins) return this.afterMark(this.rest.slice(start + begins.length));
    if (start <= MAX_SPACE && OPENINGS.some((mark) => mark.startsWith(marked))) return [];
    const text = this.afterBlock ? this.rest.slice(start) : this.rest;
    this.rest = '';
    this.mode = this.options.midway || this.afterBlock ? 'answer' : 'text';
    return this.mode === 'answer' ? textOf(text) : this.watch(text);
  }

  private think(): ParsedPiece[] {
    const at = small(this.rest).indexOf(this.closes);
    const length = at < 0 ? Math.max(0, this.rest.length - this.closes.length) : at;
    const pieces: ParsedPiece[] = length === 0 ? [] : [{ type: 'thought', text: this.rest.slice(0, length) }];
    this.rest = this.rest.slice(length);
    return at < 0 ? pieces : [...pieces, ...this.afterMark(this.rest.slice(this.closes.length))];
  }

  /** Whether the text before is an answer shows at its end, or at the mark. */
  private hold(piece: string): ParsedPiece[] {
    const seen = this.tail + small(piece);
    const found = firstClosing(seen);
    this.rest += piece;
    if (!found) {
      this.tail = seen.slice(-LONGEST);
      return [];
    }
    const behind = seen.length - found.at;
    const thoughts: ParsedPiece = { type: 'thought', text: this.rest.slice(0, this.rest.length - behind) };
    this.silent = true;
    this.tail = '';
    return [thoughts, ...this.afterMark(piece.slice(piece.length - behind + found.closes.length))];
  }

  /** Hands text on, and looks for a mark that closes what was never opened. */
  private watch(piece: string): ParsedPiece[] {
    if (this.tail === '' && !FIRST.test(piece)) {
      this.wrote ||= piece !== '';
      return textOf(piece);
    }
    const seen = this.tail + small(piece);
    // A text that has an opening mark in it speaks of such marks.
    if (BLOCKS.some(([opens]) => seen.includes(opens))) {
      this.mode = 'answer';
      return textOf(piece);
    }
    const found = firstClosing(seen);
    if (found) {
      this.silent = true;
      const pieces: ParsedPiece[] = this.wrote ? [{ type: 'retract' }] : [];
      return [...pieces, ...this.afterMark(piece.slice(found.at + found.closes.length - this.tail.length))];
    }
    const end = seen.slice(-LONGEST);
    const mark = end.search(FIRST);
    this.tail = mark < 0 ? '' : end.slice(mark);
    this.wrote ||= piece !== '';
    return textOf(piece);
  }

  /** White space behind a block is not the answer's, and another block may follow. */
  private afterMark(rest: string): ParsedPiece[] {
    this.mode = 'start';
    this.afterBlock = true;
    this.rest = rest;
    return rest === '' ? [] : this.begin();
  }
}

/** Changes ASCII only, so that the text keeps its length. */
function small(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function firstClosing(text: string): { at: number; closes: string } | undefined {
  return BLOCKS.map(([, closes]) => ({ at: text.indexOf(closes), closes }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
}

function textOf(text: string): ParsedPiece[] {
  return text === '' ? [] : [{ type: 'text', text }];
}
