import { useEffect, useState } from 'preact/hooks';

const CALM_MS = 250;

/** Draws the component again four times a second if what `version` gives has changed: figures that change faster cannot be read. */
export function useCalm(version: () => unknown): void {
  const [, redraw] = useState(0);
  useEffect(() => {
    let drawn = version();
    const timer = setInterval(() => {
      const now = version();
      if (now === drawn) return;
      drawn = now;
      redraw((n) => n + 1);
    }, CALM_MS);
    return () => clearInterval(timer);
  });
}
