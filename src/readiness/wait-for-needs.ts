import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger';
import type { Lack, Need } from './lack';

export interface LackingNeed extends Lack {
  readonly need: Need['name'];
}

const LOOK_MS = 1_000;

export async function lackingNeeds(needs: readonly Need[]): Promise<LackingNeed[]> {
  const lacks = await Promise.all(needs.map(async (need) => ({ need: need.name, lack: await need.look() })));
  return lacks.flatMap(({ need, lack }) => (lack ? [{ need, ...lack }] : []));
}

/**
 * Resolves when no need is missing. Each missing need is logged when it appears and when it has passed, and `onLook` is
 * given all of them. If the signal aborts, rejects with the signal's reason.
 */
export async function waitForNeeds(
  needs: readonly Need[],
  {
    logger,
    signal,
    onLook,
  }: {
    readonly logger: Logger;
    readonly signal?: AbortSignal;
    readonly onLook: (lacks: readonly LackingNeed[]) => void;
  },
): Promise<void> {
  const reported = new Map<Need['name'], string>();
  for (;;) {
    signal?.throwIfAborted();
    const lacks = await lackingNeeds(needs);
    onLook(lacks);
    for (const name of reported.keys()) {
      if (lacks.some(({ need }) => need === name)) continue;
      reported.delete(name);
      logger.info({ waitedFor: name }, `the worker waits no more for: ${name}`);
    }
    for (const { need, what, advice } of lacks) {
      if (reported.get(need) === what) continue;
      reported.set(need, what);
      logger.warn({ waitsFor: need, advice }, `the worker waits: ${what}. ${advice}`);
    }
    if (lacks.length === 0) return;
    await sleep(LOOK_MS, undefined, signal ? { signal } : {});
  }
}
