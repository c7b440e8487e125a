import { signal } from '@preact/signals';
import { keepScroll } from './scroll';
import { screenOf } from './screens';

export { screenOf, type Screen } from './screens';

export const place = signal(new URL(location.href));

export function navigate(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, '', href);
  else history.pushState(null, '', href);
  place.value = new URL(location.href);
}

/** Changes one part of the query, so that what is shown can be linked to. */
export function setQuery(name: string, value: string | undefined): void {
  const next = new URL(location.href);
  if (value === undefined || value === '') next.searchParams.delete(name);
  else next.searchParams.set(name, value);
  navigate(next.pathname + next.search + next.hash, { replace: true });
}

/** Links of the page change the screen without a new page. */
export function startRouter(): void {
  addEventListener('popstate', () => (place.value = new URL(location.href)));
  keepScroll();
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) return;
    const { origin, pathname, search, hash } = new URL(link.href);
    if (origin !== location.origin || screenOf(pathname).name === 'missing' || (hash && pathname === location.pathname))
      return;
    event.preventDefault();
    navigate(pathname + search + hash);
    scrollTo(0, 0);
  });
}
