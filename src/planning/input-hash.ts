import { createHash } from 'node:crypto';

/**
 * The hash of all inputs of a result. The same parts in the same order give the same hash, on any machine.
 * Glossary: input hash.
 */
export function inputHash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export function textHash(text: string): { sha256: string; bytes: number } {
  const bytes = Buffer.from(text, 'utf8');
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** A hash long enough to show that one part has changed. */
export function partHash(part: unknown): string {
  return inputHash([part]).slice(0, 16);
}
