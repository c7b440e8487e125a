import type * as Worker from '../worker';

/**
 * Loads the worker and its native library, which takes longer than most commands and which a client's machine may lack.
 * Throws `Config.Invalid` with the command that installs it.
 */
export async function loadWorker(): Promise<typeof Worker> {
  return import('../worker/index.js');
}
