/** Every screen of the page, and its address. */
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
