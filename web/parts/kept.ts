/** What this browser keeps for the page. A browser that keeps nothing changes nothing. Never a key or a token. */
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
