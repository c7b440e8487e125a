import { signal, type Signal } from '@preact/signals';
import { t } from '../i18n';
import { showAnswer, showRefusal, type Undo } from './announce';
import { reasonOf } from './reason-of';

/** The names of the requests to the gateway that are in progress. */
export const acting: Signal<ReadonlySet<string>> = signal(new Set());

/**
 * Sends a request to the gateway, and shows its answer or its refusal in words. Nothing on the page changes before the
 * answer. Resolves with true if the gateway accepted it; then `undo` makes of the answer how it is taken back.
 */
export async function act<T>(name: string, work: () => Promise<T>, undo?: (answer: T) => Undo): Promise<boolean> {
  const isDone = await whileActing(name, async () => {
    try {
      const answer = await work();
      showAnswer(t().accepted(name), undo?.(answer));
      return true;
    } catch (error) {
      showRefusal(reasonOf(error), name);
      return false;
    }
  });
  return isDone ?? false;
}

/** Does nothing if something of that name is in progress. */
export async function whileActing<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  if (acting.value.has(name)) return undefined;
  acting.value = new Set([...acting.value, name]);
  try {
    return await work();
  } finally {
    acting.value = new Set([...acting.value].filter((each) => each !== name));
  }
}
