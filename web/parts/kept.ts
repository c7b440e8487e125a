/**
 * Values that this browser stores for the page. If the browser stores nothing, only comfort is lost. Never a key or a
 * token.
 */
export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(`storyreel.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keep(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`storyreel.${name}`);
    else localStorage.setItem(`storyreel.${name}`, value);
  } catch {
    // Then it lasts as long as the page.
  }
}
