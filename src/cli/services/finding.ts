/** What was found out about one service. */
export interface Finding {
  readonly service: string;
  readonly ok: boolean;
  /** Without its password. */
  readonly address?: string;
  readonly version?: string;
  readonly detail?: string;
  /** What a person should do; also given where it works but could be better. */
  readonly advice?: string;
}

/** Also where the address is one that the URL class does not take: then nothing of it is shown. */
export function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username ? `${username}@` : ''}${host}${pathname}`;
  } catch {
    return '(set)';
  }
}
