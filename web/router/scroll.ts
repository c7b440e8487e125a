/** So long a screen may take to become as long as it was. */
const PATIENCE_MS = 5_000;

/** After back, forward and a reload, each screen is scrolled to where it was, as soon as it is long enough again. */
export function keepScroll(): void {
  // Where no event states the end of a scroll, the browser does it, as well as it can.
  if (!('onscrollend' in window)) return;
  history.scrollRestoration = 'manual';
  addEventListener('scrollend', () => history.replaceState({ y: scrollY }, ''));
  addEventListener('popstate', ({ state }) => returnTo(state));
  returnTo(history.state);
}

function returnTo(state: unknown): void {
  const { y } = (state ?? {}) as { readonly y?: number };
  if (y === undefined) return;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const growing = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - innerHeight < y) return;
    scrollTo(0, y);
    over.abort();
  });
  signal.addEventListener('abort', () => growing.disconnect());
  // Who scrolls meanwhile is not taken elsewhere.
  for (const moved of ['wheel', 'touchmove', 'keydown', 'pointerdown', 'popstate'])
    addEventListener(moved, () => over.abort(), { signal });
  growing.observe(document.body);
}
