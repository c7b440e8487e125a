/** The SQL of a CHECK constraint that lets a text column hold only these words. */
export function oneOf(column: string, words: readonly string[]): string {
  return `"${column}" IN (${words.map((word) => `'${word}'`).join(', ')})`;
}
