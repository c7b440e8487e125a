import { signal, type Signal } from '@preact/signals';
import { asProblem } from '../api/ask';
import { t } from '../i18n';
import { showAnswer } from './announce';

/** What is asked of the gateway at this moment, by name. */
export const acting: Signal<ReadonlySet<string>> = signal(new Set());

/**
 * Asks something of the gateway, and shows its answer or its refusal in words. Nothing of the page changes before the answer.
 * Resolves with whether it was accepted.
 */
export async function act(name: string, work: () => Promise<unknown>): Promise<boolean> {
  if (acting.value.has(name)) return false;
  acting.value = new Set([...acting.value, name]);
  try {
    await work();
    showAnswer(t().accepted(name));
    return true;
  } catch (error) {
    const problem = asProblem(error);
    showAnswer(`${name}: ${problem.status === 0 ? t().notReachable : problem.detail}`, true);
    return false;
  } finally {
    acting.value = new Set([...acting.value].filter((each) => each !== name));
  }
}
