import { ask } from '../api/ask';
import { showAnswer } from '../parts/announce';
import { problemText } from '../parts/problem-text';
import { navigate, place } from '../router';

/**
 * Takes the token of a login link from the fragment, exchanges it once for a cookie, and removes it from the address.
 */
export async function takeLoginLink(): Promise<void> {
  const login = new URLSearchParams(place.value.hash.slice(1)).get('login');
  if (login === null) return;
  navigate(place.value.pathname + place.value.search, { replace: true });
  await ask('POST', '/v1/sessions', { login }).catch((error: unknown) => showAnswer(problemText(error), true));
}
