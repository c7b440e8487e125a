import { StoryreelError } from '../errors';
import { pause } from './pause';

/** The ends of runs after a cursor, and where the next page begins. */
interface Page<T> {
  readonly outcomes: readonly T[];
  readonly next: string;
}

interface Filter {
  readonly after?: string;
  readonly owner?: string;
}

const POLL_MS = 1_000;
/** The pause before the next attempt if a page cannot be read. */
const RETRY_MS = 5_000;

/**
 * Every end after a cursor, and each new one within about a second, until one of the signals fires. Store the cursor of what
 * you have handled: after a crash you get what came after it again, by the same `id`. Once it has read a page, it waits if
 * the next one cannot be read for now.
 */
export async function* followOutcomes<T>(
  page: (filter: Filter) => Promise<Page<T>>,
  begin: () => Filter & { readonly signal?: AbortSignal },
  leaving: readonly AbortSignal[],
): AsyncGenerator<T, void, undefined> {
  const { after: first, signal, ...filter } = begin();
  const ending = signal ? [...leaving, signal] : leaving;
  const hasEnded = () => ending.some(({ aborted }) => aborted);
  let after = first;
  let hasRead = false;
  while (!hasEnded()) {
    const found = await page({ ...filter, ...(after !== undefined && { after }) }).catch((error: unknown) => {
      if (hasEnded() || (hasRead && error instanceof StoryreelError && error.retryable)) return undefined;
      throw error;
    });
    for (const outcome of found?.outcomes ?? []) {
      if (hasEnded()) return;
      yield outcome;
    }
    hasRead ||= found !== undefined;
    after = found?.next ?? after;
    if (!found?.outcomes.length) await pause(found ? POLL_MS : RETRY_MS, ...ending);
  }
}
