import { ask } from '../api/ask';
import { showRefusal } from '../parts/announce';
import { reasonOf } from '../parts/reason-of';
import { navigate, place } from '../router';

/**
 * Takes the token of a login link from the fragment, exchanges it once for a cookie, and removes it from the address.
 */
export async function takeLoginLink(): Promise<void> {
  const login = new URLSearchParams(place.value.hash.slice(1)).get('login');
  if (login === null) return;
  navigate(place.value.pathname + place.value.search, { replace: true });
  await ask('POST', '/v1/sessions', { login }).catch((error: unknown) => showRefusal(reasonOf(error)));
}
