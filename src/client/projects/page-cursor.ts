import { refusedInput } from '../inputs';

type Reader<T> = (text: string) => T | undefined;

/** The position of a row in a list, as `next` of a page and `after` of the following page have it. */
export interface PageCursor<T extends readonly string[]> {
  /** The first rows, up to the limit, and the position of the next page if there are more rows. */
  page<Row>(rows: readonly Row[], limit: number, place: (row: Row) => T): { rows: Row[]; next?: string };
  /** Undefined for the first page. Throws `Project.Invalid` if the text is no position in the list. */
  read(after: string | undefined): T | undefined;
}

/**
 * The one form of all such positions: what orders the list, joined by underscores. Only the last part may contain an
 * underscore. Each part has its own reader, so a name that the rows may have is never refused here.
 */
export function pageCursor<T extends readonly string[]>(
  list: string,
  ...readers: { readonly [Part in keyof T]: Reader<T[Part]> }
): PageCursor<T> {
  return {
    page: (rows, limit, place) => {
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { rows: rows.slice(0, limit), ...(last && { next: place(last).join('_') }) };
    },
    read: (after) => {
      if (after === undefined) return undefined;
      const [all, last] = [after.split('_'), readers.length - 1];
      const texts = [...all.slice(0, last), all.slice(last).join('_')];
      const parts = readers.map((reader, i) => reader(texts[i] ?? ''));
      if (isWhole<T>(parts)) return parts;
      throw refusedInput(list, 'after: must be the `next` of a page of this list');
    },
  };
}

function isWhole<T extends readonly string[]>(parts: readonly unknown[]): parts is T {
  return parts.every((part) => part !== undefined);
}

/** Microseconds since 1970, which order most lists. */
export function readMicros(text: string): string | undefined {
  return /^\d{1,17}$/.test(text) ? text : undefined;
}
