import { useState } from 'preact/hooks';
import { ago } from '../i18n/format';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs, curl } from '../parts/copy-as';
import { usePolled } from '../parts/polled';
import { ListTrouble } from '../parts/trouble';
import { Revocation } from '../parts/revocation';

interface Session {
  readonly id: string;
  readonly name?: string;
  readonly owner?: string;
  readonly project?: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly current: boolean;
}

/** Browsers that are signed in, as far as the caller may see them. */
export function Sessions() {
  const words = t();
  const listed = usePolled<{ readonly sessions: readonly Session[] }>('/v1/sessions', 15_000);
  const [leaving, setLeaving] = useState<Session>();
  const { body, problem } = listed.value;
  return (
    <section class="group">
      <h2>{words.sessions}</h2>
      <ListTrouble problem={problem} />
      {body?.sessions.length === 0 && <p class="quiet-text">{words.none}</p>}
      <ul class="films">
        {body?.sessions.map((session) => (
          <li key={session.id} class="film-row">
            <strong>{session.name ?? words.loginSession}</strong>
            {session.current && <span class="chip">{words.thisBrowser}</span>}
            <p class="meta">
              {session.owner !== undefined && <span>{session.owner}</span>}
              {session.project !== undefined && <a href={`/p/${session.project}`}>{session.project.slice(0, 8)}</a>}
              <span>{words.lastUsed(ago(session.lastUsedAt))}</span>
              <span>{words.expires(ago(session.expiresAt))}</span>
            </p>
            <div class="actions">
              <Button kind="quiet" onClick={() => setLeaving(session)}>
                {words.endSession}
              </Button>
              <CopyAs
                recipe={{
                  curl: curl('DELETE', `/v1/sessions/${session.id}`),
                  cli: `storyreel sessions revoke ${session.id}`,
                  ts: `await client.sessions.revoke('${session.id}')`,
                }}
              />
            </div>
          </li>
        ))}
      </ul>
      {leaving && (
        <Revocation
          path={`/v1/sessions/${leaving.id}`}
          question={leaving.current ? words.confirmSignOut : words.confirmRevoke}
          action={words.endSession}
          onDone={listed.again}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </section>
  );
}
