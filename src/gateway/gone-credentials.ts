import type { StoryClient } from '../client';
import type { Caller } from './app';

/** The one name of a credential in streams and in the audit; absent where none is needed. It is not secret. */
export function credentialOf(caller: Caller | undefined): string | undefined {
  return caller === undefined || caller.kind === 'open' ? undefined : `${caller.kind}:${caller.id}`;
}

/** Of these credentials, the ones that count no more. */
export async function goneCredentials(
  { keys, sessions, tokens }: Pick<StoryClient, 'keys' | 'sessions' | 'tokens'>,
  credentials: readonly string[],
): Promise<string[]> {
  const gone = async (kind: 'key' | 'session' | 'token', ask: (ids: readonly string[]) => Promise<string[]>) => {
    const ids = credentials.filter((each) => each.startsWith(`${kind}:`)).map((each) => each.slice(kind.length + 1));
    return ids.length === 0 ? [] : (await ask(ids)).map((id) => `${kind}:${id}`);
  };
  const all = await Promise.all([
    gone('key', (ids) => keys.gone(ids)),
    gone('session', (ids) => sessions.gone(ids)),
    gone('token', (ids) => tokens.gone(ids)),
  ]);
  return all.flat();
}
