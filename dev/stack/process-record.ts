import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file';
import { identifySelf, isAlive } from './process-identity';
import { StackInUse } from './stack-error';
import type { Report } from './stack-types';
import { stopAll, type TrackedProcess } from './stop-process';

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const record = z.object({
  owner: identity,
  processes: z.array(
    identity.extend({
      name: z.string(),
      kind: z.enum(['service', 'guest']),
      stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGKILL']),
    }),
  ),
});

/** Who works in this folder and what it has started; the next start finds here what a kill -9 of everything left. */
export function writeProcessRecord(stateDir: string, processes: readonly TrackedProcess[]): void {
  writeJson(fileIn(stateDir), { owner: identifySelf(), processes });
}

export function removeProcessRecord(stateDir: string): void {
  rmSync(fileIn(stateDir), { force: true });
}

/** Ends what an earlier, dead owner left running. Throws `StackInUse` when the owner lives. */
export async function stopLeftovers(stateDir: string, report: Report): Promise<void> {
  const { success, data } = record.safeParse(readJson(fileIn(stateDir)));
  if (!success) return;
  if (isAlive(data.owner)) throw new StackInUse(stateDir, data.owner.pid, {});
  const left = data.processes.filter(isAlive);
  if (left.length > 0) {
    report({
      service: 'stack',
      message: `stopping what an earlier run left: ${left.map(({ name }) => name).join(', ')}`,
    });
    await stopAll(left);
  }
  removeProcessRecord(stateDir);
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'processes.json');
}
