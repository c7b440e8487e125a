import { waitUntil } from '../stack/wait-until';

/** Many times what anything here takes, so that a busy machine is no failure. */
const BOUND_MS = 150_000;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await waitUntil(condition, { boundMs: BOUND_MS }))) throw new Error(`waited ${BOUND_MS} ms in vain: ${what}`);
}
