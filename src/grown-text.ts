/** If so many code units of a text lie in pieces, it is time to join them. */
export const MAX_LOOSE = 4_096;

/** A string that grew by many small pieces holds every one of them, at ten times its size, until it is read. */
export function joinPieces(...texts: readonly string[]): void {
  for (const text of texts) text.charCodeAt(0);
}
