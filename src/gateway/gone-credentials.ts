import type { StoryClient } from '../client';
import type { Caller } from './app';

type Kind = 'key' | 'session' | 'token';

/** The name of a credential in streams and in the audit, which is not secret. The id alone is no name. */
export type Credential = `${Kind}:${string}`;

/** By what an open answer was asked for: without a credential as long as there is no key. */
export type Ground = Credential | 'no key';

export function groundOf(caller: Caller): Ground {
  return credentialOf(caller) ?? 'no key';
}

/** Undefined if no credential is needed. */
export function credentialOf(caller: Caller | undefined): Credential | undefined {
  return caller === undefined || caller.kind === 'open' ? undefined : `${caller.kind}:${caller.id}`;
}

/** Those of the given grounds that no longer count. */
export async function goneGrounds(
  { keys, sessions, tokens }: Pick<StoryClient, 'keys' | 'sessions' | 'tokens'>,
  grounds: readonly Ground[],
): Promise<Ground[]> {
  const gone = async (kind: Kind, ask: (ids: readonly string[]) => Promise<string[]>): Promise<Credential[]> => {
    const ids = grounds.filter((each) => each.startsWith(`${kind}:`)).map((each) => each.slice(kind.length + 1));
    return ids.length === 0 ? [] : (await ask(ids)).map((id): Credential => `${kind}:${id}`);
  };
  const withoutKey = async (): Promise<Ground[]> =>
    grounds.includes('no key') && (await keys.hasAny()) ? ['no key'] : [];
  const all = await Promise.all([
    withoutKey(),
    gone('key', (ids) => keys.findInvalid(ids)),
    gone('session', (ids) => sessions.findInvalid(ids)),
    gone('token', (ids) => tokens.findInvalid(ids)),
  ]);
  return all.flat();
}
