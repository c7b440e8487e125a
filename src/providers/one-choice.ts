import { isFields, type Fields } from './answer-fields';

/** No server sends so many choices to a request that asks for one. */
const MAX_CHOICES = 8;

/**
 * Finds the one choice that is read. Some servers send several, in turns. Others count their pieces in `index`: then each
 * piece has the next number. What might be either is held until it shows.
 */
export class OneChoice {
  /** The number of the first choice; later pieces must have the same number. */
  private index: unknown;
  /** The last number, as long as each was the next one. */
  private last: number | undefined;
  private isCounting = false;
  private held: Fields[] = [];

  /** What of these choices belongs to the answer. */
  take(choices: unknown): Fields[] {
    if (!Array.isArray(choices)) return [];
    const choice: unknown = choices.length > 1 ? this.lowestOf(choices.filter(isFields)) : choices[0];
    if (!isFields(choice)) return [];
    if (this.isCounting) return [choice];
    const isFirst = this.index === undefined;
    this.index ??= choice['index'];
    const index = choice['index'] ?? this.index;
    if (index === this.index) {
      this.held = [];
      this.last = isFirst && choices.length === 1 ? Number(index) : undefined;
      return [choice];
    }
    if (this.last === undefined || index !== this.last + 1 || choices.length > 1) {
      this.held = [];
      this.last = undefined;
      return [];
    }
    this.last = index;
    this.held.push(choice);
    this.isCounting = this.held.length >= MAX_CHOICES;
    return this.isCounting ? this.rest() : [];
  }

  /** The answer has ended without another piece of its first number: what was held is a part of it. */
  rest(): Fields[] {
    return this.held.splice(0);
  }

  /** The one that has been read so far; before there is one, that with the lowest number. */
  private lowestOf(choices: readonly Fields[]): Fields | undefined {
    const known = choices.find(({ index }) => this.index !== undefined && (index ?? this.index) === this.index);
    return known ?? [...choices].sort((a, b) => Number(a['index'] ?? 0) - Number(b['index'] ?? 0))[0];
  }
}
