import { signal } from '@preact/signals';

export type Screen =
  | { readonly name: 'films' }
  | { readonly name: 'new-film' }
  | { readonly name: 'film'; readonly id: string }
  | { readonly name: 'batches' }
  | { readonly name: 'batch'; readonly id: string }
  | { readonly name: 'review' }
  | { readonly name: 'providers' }
  | { readonly name: 'settings' }
  | { readonly name: 'watch'; readonly id: string }
  | { readonly name: 'missing' };

const UUID = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';

const ROUTES: readonly (readonly [RegExp, (id: string) => Screen])[] = [
  [/^\/$/, () => ({ name: 'films' })],
  [/^\/new$/, () => ({ name: 'new-film' })],
  [new RegExp(`^/p/${UUID}$`), (id) => ({ name: 'film', id })],
  [/^\/b$/, () => ({ name: 'batches' })],
  [/^\/b\/([^/]+)$/, (id) => ({ name: 'batch', id: decodeURIComponent(id) })],
  [/^\/review$/, () => ({ name: 'review' })],
  [/^\/providers$/, () => ({ name: 'providers' })],
  [/^\/settings$/, () => ({ name: 'settings' })],
  [new RegExp(`^/w/${UUID}$`), (id) => ({ name: 'watch', id })],
];

export function screenOf(path: string): Screen {
  for (const [pattern, screen] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return screen(match[1] ?? '');
  }
  return { name: 'missing' };
}

export const place = signal(new URL(location.href));

export function navigate(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', href);
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
