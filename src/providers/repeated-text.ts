import { joinPieces, MAX_LOOSE } from '../grown-text';

/** Two pieces of a text of this length are not equal by chance. */
const LEAST_REPEATED = 20;
/** White space around a repeated text may differ by this much. */
const MAX_SPACE = 100;

/** A piece of the text, one that has the finish reason, one behind that, or a message. */
type Kind = 'piece' | 'last' | 'late' | 'message';

/**
 * Finds what a server sends again. Some servers send the whole text once more beside its end. Others send the whole text
 * so far with every piece, which shows with the third piece. Short pieces show neither: a story may repeat its words.
 */
export class RepeatedText {
  private received = '';
  /** Code units at the end of `received` that lie in pieces still. */
  private loose = 0;
  private pieces = 0;
  private last = '';
  private isSoFar = false;
  /** Each begins with the one before it, and the first one with the first piece. Later pieces show why. */
  private held: string[] = [];

  /**
   * What a piece adds to the text. A longer message is more often the whole text, and so is what comes with the end or
   * behind it. Some servers send the last piece once more there.
   */
  addedBy(piece: string, kind: Kind): string {
    if (piece === '') return '';
    const { held, received } = this;
    const isAtEnd = kind === 'last' || kind === 'late';
    if (isAtEnd && piece.length >= LEAST_REPEATED && piece === this.last) return '';
    const before = held.at(-1);
    if (before !== undefined) return this.behind(before, piece, kind);
    // Almost every piece is shorter than the text before it, which then need not be looked at.
    if (received === '' || piece.length + MAX_SPACE < received.length) return this.add(piece);
    const isLong = received.length >= LEAST_REPEATED && (this.pieces > 1 || kind !== 'piece');
    if (!piece.startsWith(received)) return isLong && piece.trim() === received.trim() ? '' : this.add(piece);
    const isLonger = piece.length > received.length;
    if (isLong || this.isSoFar || (kind === 'message' && isLonger)) return this.addRestOf(piece);
    if (this.pieces > 1 || kind !== 'piece' || !isLonger || received.trim() === '') return this.add(piece);
    held.push(piece);
    return '';
  }

  /** What a whole text has behind its pieces, of which some did not come. */
  restIn(whole: string): string {
    const isMore = this.held.length === 0 && whole.length > this.received.length && whole.startsWith(this.received);
    return isMore ? whole.slice(this.received.length) : '';
  }

  /** The text has ended: what was held is a part of it. */
  end(): string {
    const last = this.held.at(-1);
    if (last === undefined) return '';
    // A laugh grows with each piece, too, but repeats itself.
    const grows = this.held.length > 1 && !last.startsWith(this.received.repeat(2));
    return this.received.length < LEAST_REPEATED && !grows ? this.addHeld() : this.addRestOf(last);
  }

  private behind(before: string, piece: string, kind: Kind): string {
    if (piece.length <= before.length || !piece.startsWith(before)) return this.addHeld() + this.addedBy(piece, kind);
    if (piece.length < LEAST_REPEATED) {
      this.held.push(piece);
      return '';
    }
    this.isSoFar = true;
    return this.addRestOf(piece);
  }

  /** The piece begins with all that was received, and with all that is held. */
  private addRestOf(piece: string): string {
    this.held = [];
    return this.add(piece.slice(this.received.length));
  }

  private addHeld(): string {
    return this.held
      .splice(0)
      .map((each) => this.add(each))
      .join('');
  }

  private add(piece: string): string {
    this.received += piece;
    this.last = piece;
    this.pieces += 1;
    this.loose += piece.length;
    if (this.loose > MAX_LOOSE) {
      joinPieces(this.received);
      this.loose = 0;
    }
    return piece;
  }
}
