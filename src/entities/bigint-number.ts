import type { ValueTransformer } from 'typeorm';

/**
 * Postgres hands out a bigint as text. Fences and sizes in bytes stay below 2^53, so they are numbers here, and compare
 * as numbers.
 */
export const bigintNumber: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (text: string | null | undefined) => (text === null || text === undefined ? text : Number(text)),
};
