/** Two pieces of a text of this length are not equal by chance. */
const LEAST_REPEATED = 20;
/** White space around a repeated text may differ by this much. */
const MAX_SPACE = 100;
const MAX_LOOSE = 4_096;

/**
 * Finds what a server sends again. Some servers send the whole text once more beside its end. Others send the whole text
 * so far with every piece, which shows with the third piece.
 */
export class RepeatedText {
  private received = '';
  /** Code units at the end of `received` that lie in pieces still. */
  private loose = 0;
  private pieces = 0;
  private isSoFar = false;
  /** It begins with the whole text so far, and waits for the piece that shows why. */
  private held = '';

  /** What a piece adds to the text. A longer message, and what comes behind the end, are more often the whole text. */
  addedBy(piece: string, kind: 'piece' | 'message' | 'late'): string {
    if (piece === '') return '';
    const { held, received } = this;
    if (held !== '') {
      this.held = '';
      this.isSoFar = piece.length > held.length && piece.startsWith(held);
      return this.isSoFar ? this.add(piece.slice(received.length)) : this.add(held) + this.addedBy(piece, kind);
    }
    // Almost every piece is shorter than the text before it, which then need not be looked at.
    if (received === '' || piece.length + MAX_SPACE < received.length) return this.add(piece);
    const isWhole = kind === 'late' || (kind === 'message' && piece.length > received.length);
    const repeats = isWhole || this.isSoFar || received.length >= LEAST_REPEATED;
    if (!piece.startsWith(received)) {
      const isSame = piece.length >= LEAST_REPEATED && repeats && piece.trim() === received.trim();
      return isSame ? '' : this.add(piece);
    }
    if (repeats) return this.add(piece.slice(received.length));
    if (this.pieces > 1 || piece === received || received.trim() === '') return this.add(piece);
    this.held = piece;
    return '';
  }

  /** The text has ended: what was held is a piece of it. */
  end(): string {
    const { held } = this;
    this.held = '';
    return this.add(held);
  }

  private add(piece: string): string {
    this.received += piece;
    this.pieces += 1;
    this.loose += piece.length;
    if (this.loose > MAX_LOOSE) this.join();
    return piece;
  }

  /** A string that grew by many small pieces holds every one of them, at ten times its size, until it is read. */
  private join(): void {
    this.received.charCodeAt(0);
    this.loose = 0;
  }
}
