/** The marks with which models end their text, and which a server should take out. */
const MARKS = [
  '</s>',
  '<eos>',
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<|return|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|end_of_solution|>',
  '<|end_response|>',
  '<end_of_turn>',
  '<｜end▁of▁sentence｜>',
  '</answer>',
];

/** Takes a model's end mark off the end of its text, wherever the stream is cut. Within a text it is left alone. */
export class EndMark {
  /** What may be a mark, or the beginning of one. */
  private held = '';

  push(piece: string): string {
    if (this.held === '' && !piece.includes('<')) return piece;
    const text = this.held + piece;
    const at = text.lastIndexOf('<');
    const rest = text.slice(at);
    this.held = MARKS.some((mark) => mark.startsWith(rest.toLowerCase()) || isMark(rest)) ? rest : '';
    return this.held === '' ? text : text.slice(0, at);
  }

  /** The text has ended, or was no text: returns what was held and is no mark. */
  end(): string {
    const { held } = this;
    this.held = '';
    return isMark(held) ? '' : held;
  }
}

function isMark(text: string): boolean {
  return MARKS.includes(text.trimEnd().toLowerCase());
}
