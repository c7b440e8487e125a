import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { usePolled } from '../parts/polled';

const EVERY_MS = 15_000;
const MAX = 100;

/** The number of films that wait for a person, as it is written; empty if none does. */
export const waitingCount = signal('');

interface Queue {
  readonly items: readonly { readonly projectId: string }[];
  readonly next?: string;
}

/** Asks for it while the page is visible. */
export function useWaitingCount(isAsked: boolean): void {
  const { body } = usePolled<Queue>(isAsked ? `/v1/review?limit=${MAX}` : undefined, EVERY_MS).value;
  useEffect(() => {
    const films = new Set(body?.items.map(({ projectId }) => projectId)).size;
    waitingCount.value = films === 0 ? '' : `${films}${body?.next === undefined ? '' : '+'}`;
  }, [body]);
}
