import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, asProblem, type Problem } from '../api/ask';
import { oneAtATime } from './one-at-a-time';

export interface Polled<T> {
  readonly body: T | undefined;
  readonly problem: Problem | undefined;
  /** The address that gave this body. */
  readonly path?: string | undefined;
}

/**
 * The answer of an address, requested again every few seconds while the page is visible. An equal answer changes
 * nothing. Without an address nothing is requested.
 */
export function usePolled<T>(path: string | undefined, ms = 4_000): Signal<Polled<T>> & { again?: () => void } {
  const state: Signal<Polled<T>> & { again?: () => void } = useSignal<Polled<T>>({
    body: undefined,
    problem: undefined,
  });
  useEffect(() => {
    if (path === undefined) {
      state.value = { body: undefined, problem: undefined };
      return;
    }
    let etag: string | undefined;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = oneAtATime(async () => {
      clearTimeout(timer);
      if (isOver) return;
      if (document.visibilityState === 'visible') {
        try {
          const answer = await ask<T>('GET', path, undefined, etag === undefined ? {} : { 'if-none-match': etag });
          if (isOver) return;
          if (answer.status !== 304) state.value = { body: answer.body, problem: undefined, path };
          else if (state.value.problem) state.value = { ...state.value, problem: undefined };
          etag = answer.etag;
        } catch (error) {
          if (isOver) return;
          state.value = { ...state.value, problem: asProblem(error) };
        }
      }
      timer = setTimeout(() => void look(), ms);
    });
    state.again = () => void look();
    document.addEventListener('visibilitychange', state.again);
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
      if (state.again) document.removeEventListener('visibilitychange', state.again);
    };
  }, [path, ms]);
  return state;
}
