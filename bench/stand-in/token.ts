/** The content of a token of the stand-in: its index in the text, and the time when it was written to the socket. */
export interface Token {
  readonly index: number;
  readonly writtenAt: number;
}

/** ` <index>.<microseconds>`, both in base 36: about as long as a word, and it begins with the space as real tokens do. */
export function tokenText(index: number, writtenAt: number): string {
  return ` ${index.toString(36)}.${writtenAt.toString(36)}`;
}

/** The tokens in a piece of text; a token that is cut in two does not count. */
export function* tokensIn(text: string): Generator<Token> {
  for (const word of text.split(' ')) {
    const dot = word.indexOf('.');
    if (dot <= 0) continue;
    const index = parseInt(word.slice(0, dot), 36);
    const writtenAt = parseInt(word.slice(dot + 1), 36);
    if (Number.isFinite(index) && Number.isFinite(writtenAt)) yield { index, writtenAt };
  }
}
