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
