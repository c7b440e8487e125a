import { ask } from '../api/ask';
import { ago } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { usePolled } from '../parts/polled';

interface Link {
  readonly id: string;
  readonly projectId: string;
  readonly expiresAt?: string;
}

export function ShareLinks() {
  const words = t();
  const listed = usePolled<{ readonly shares: readonly Link[] }>('/v1/shares', 15_000);
  const { body, problem } = listed.value;
  return (
    <section class="group">
      <h2>{words.shareLinks}</h2>
      <p class="hint">{words.shareHint}</p>
      {problem && <p class="quiet-text">{problem.status === 404 ? words.notThere : problem.detail}</p>}
      {body?.shares.length === 0 && <p class="quiet-text">{words.none}</p>}
      <ul class="films">
        {(body?.shares ?? []).map(({ id, projectId, expiresAt }) => (
          <li key={id} class="film-row">
            <a href={`/p/${projectId}`}>{projectId}</a>
            {expiresAt !== undefined && <p class="meta">{words.expires(ago(expiresAt))}</p>}
            <Button
              kind="quiet"
              onClick={() =>
                void act(words.revoke, () => ask('DELETE', `/v1/shares/${id}`)).then(() => listed.again?.())
              }
            >
              {words.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
