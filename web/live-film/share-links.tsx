import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { ago } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { copy, CopyAs, curl } from '../parts/copy-as';
import { Dialog } from '../parts/dialog';
import { usePolled } from '../parts/polled';
import { ListTrouble } from '../parts/trouble';
import { Revocation } from '../parts/revocation';
import type { Story } from '../story/story';

interface Token {
  readonly id: string;
  readonly expires_at: string;
  readonly revoked_at?: string;
}

const WEEK_SECONDS = 7 * 86_400;

/** A link is signed by the gateway, so that no command and no client without it can make one. */
function overHttp(path: string, body: object): string {
  return [
    `const answer = await fetch('${location.origin}${path}', {`,
    `  method: 'POST',`,
    `  headers: { authorization: \`Bearer \${process.env.STORYREEL_KEY}\`, 'content-type': 'application/json' },`,
    `  body: JSON.stringify(${JSON.stringify(body)}),`,
    `})`,
    `const { token } = await answer.json()`,
  ].join('\n');
}

/** Links that show this film to their holders. The token is in the fragment, which no server and no log sees. */
export function ShareLinks({ story, onClose }: { readonly story: Story; readonly onClose: () => void }) {
  const words = t();
  const path = `${story.path}/tokens`;
  const listed = usePolled<{ readonly tokens: readonly Token[] }>(path, 15_000);
  const [link, setLink] = useState<string>();
  const [leaving, setLeaving] = useState<Token>();
  const { body, problem } = listed.value;
  const wanted = { project: story.id, seconds: WEEK_SECONDS };
  const create = async () => {
    await act(words.create, async () => {
      const made = await ask<{ readonly token: string }>('POST', '/v1/tokens', wanted);
      setLink(`${location.origin}/w/${story.id}#t=${made.body.token}`);
    });
    listed.again?.();
  };
  const current = (body?.tokens ?? []).filter(({ revoked_at: at }) => at === undefined);
  return (
    <>
      <Dialog title={words.shareLinks} onClose={onClose}>
        <p class="hint">{words.shareHint}</p>
        <ListTrouble problem={problem} />
        {body && (
          <div class="actions">
            <Button onClick={() => void create()}>{words.create}</Button>
            <CopyAs recipe={{ curl: curl('POST', '/v1/tokens', wanted), ts: overHttp('/v1/tokens', wanted) }} />
          </div>
        )}
        {link !== undefined && (
          <p class="notice" role="alert">
            {words.secretOnce} <code>{link}</code>{' '}
            <button type="button" class="link" onClick={() => void copy(link)}>
              {words.copy}
            </button>
          </p>
        )}
        <ul class="films">
          {current.map((token) => (
            <li key={token.id} class="film-row">
              <span>{words.expires(ago(token.expires_at))}</span>
              <div class="actions">
                <Button kind="quiet" onClick={() => setLeaving(token)}>
                  {words.revoke}
                </Button>
                <CopyAs
                  recipe={{
                    curl: curl('DELETE', `${path}/${token.id}`),
                    cli: `storyreel links revoke ${story.id} ${token.id}`,
                    ts: `await client.tokens.revoke('${story.id}', '${token.id}')`,
                  }}
                />
              </div>
            </li>
          ))}
        </ul>
      </Dialog>
      {leaving && (
        <Revocation path={`${path}/${leaving.id}`} onDone={listed.again} onClose={() => setLeaving(undefined)} />
      )}
    </>
  );
}
