import type { StoryClient } from '../client';
import type { Caller } from './app';

type Kind = 'key' | 'session' | 'token';

/** The name of a credential in streams and in the audit, which is not secret. The id alone is no name. */
export type Credential = `${Kind}:${string}`;

/** Undefined if no credential is needed. */
export function credentialOf(caller: Caller | undefined): Credential | undefined {
  return caller === undefined || caller.kind === 'open' ? undefined : `${caller.kind}:${caller.id}`;
}

/** Those of the given credentials that are no longer valid. */
export async function goneCredentials(
  { keys, sessions, tokens }: Pick<StoryClient, 'keys' | 'sessions' | 'tokens'>,
  credentials: readonly Credential[],
): Promise<Credential[]> {
  const gone = async (kind: Kind, ask: (ids: readonly string[]) => Promise<string[]>): Promise<Credential[]> => {
    const ids = credentials.filter((each) => each.startsWith(`${kind}:`)).map((each) => each.slice(kind.length + 1));
    return ids.length === 0 ? [] : (await ask(ids)).map((id): Credential => `${kind}:${id}`);
  };
  const all = await Promise.all([
    gone('key', (ids) => keys.findInvalid(ids)),
    gone('session', (ids) => sessions.findInvalid(ids)),
    gone('token', (ids) => tokens.findInvalid(ids)),
  ]);
  return all.flat();
}
