import { useEffect, useRef } from 'preact/hooks';
import { addKeys, type KeyAction } from './keys';

type Actions = Readonly<Record<string, KeyAction | undefined>>;

/** Keys of a component for as long as it is shown, as it was drawn last. */
export function useKeys(actions: Actions): void {
  const newest = useRef(actions);
  newest.current = actions;
  const shape = Object.entries(actions)
    .map(([key, action]) => `${key}:${action?.label ?? ''}`)
    .join();
  useEffect(
    () =>
      addKeys(
        Object.fromEntries(
          Object.entries(newest.current).map(([key, action]) => [
            key,
            action && { label: action.label, run: () => newest.current[key]?.run() },
          ]),
        ),
      ),
    [shape],
  );
}

/** Ctrl or Cmd with a key, also while somebody types. A dialog that is open keeps its keys for itself. */
export function useChord(key: string, run: () => void): void {
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    const take = (event: KeyboardEvent) => {
      if (event.isComposing || event.key !== key || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      if (!document.querySelector('dialog[open]')) newest.current();
    };
    addEventListener('keydown', take);
    return () => removeEventListener('keydown', take);
  }, [key]);
}
