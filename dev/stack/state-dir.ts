import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StackError } from './stack-error';
import type { Env } from './stack-types';

/** Makes the folder that all state lives in. Throws `StackError` naming it when it cannot be written. */
export function prepareStateDir(stateDir: string): void {
  const probe = join(stateDir, `.write-test-${process.pid}`);
  try {
    mkdirSync(join(stateDir, 'logs'), { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new StackError(
      `Cannot write to the folder ${stateDir}: ${messageOf(error)}`,
      'Storyreel keeps its databases there: make the folder writable, free some space, or work in another copy of the project',
      { cause: error },
    );
  }
}

/** Fetched programs live here; several state folders may share one through STORYREEL_TOOLS_DIR. */
export function toolsDirOf(stateDir: string, env: Env): string {
  return env.STORYREEL_TOOLS_DIR || join(stateDir, 'tools');
}

export function logFileOf(stateDir: string, service: string): string {
  return join(stateDir, 'logs', `${service}.log`);
}
