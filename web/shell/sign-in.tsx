import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from '../parts/act';

/**
 * Shown if the gateway requires a credential. The key is entered once, and the browser keeps a cookie that no script
 * can read.
 */
export function SignIn() {
  const words = t();
  const [key, setKey] = useState('');
  const signIn = async () => {
    if (await act(words.signIn, () => ask('POST', '/v1/sessions', {}, { authorization: `Bearer ${key}` })))
      location.reload();
  };
  return (
    <form
      class="notice"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      <p>
        <strong>{words.sentence(words.signedOut)}</strong> {words.signInHint}
      </p>
      <label class="field">
        <span>{words.apiKey}</span>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <button class="button main">{words.signIn}</button>
    </form>
  );
}
