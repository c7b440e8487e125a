import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { ago } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { copy, CopyAs, curl, quoted } from '../parts/copy-as';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { usePolled } from '../parts/polled';
import { ListTrouble } from '../parts/trouble';
import { Revocation } from '../parts/revocation';

interface Key {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly scopes: readonly string[];
  readonly lastUsedAt?: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

/** Keys for programs. A secret is shown once, and nowhere kept. */
export function ApiKeys() {
  const words = t();
  const listed = usePolled<{ readonly keys: readonly Key[] }>('/v1/keys', 15_000);
  const [name, setName] = useState('');
  const { form, faults, sending } = useFieldFaults();
  const [secret, setSecret] = useState<string>();
  const [leaving, setLeaving] = useState<Key>();
  const { body, problem } = listed.value;
  const create = async () => {
    await act(words.create, async () => {
      const made = await sending(() => ask<{ readonly secret: string }>('POST', '/v1/keys', { name }));
      setSecret(made.body.secret);
      setName('');
    });
    listed.again?.();
  };
  return (
    <section class="group">
      <h2>{words.keys}</h2>
      <ListTrouble problem={problem} />
      {body && (
        <>
          <ul class="films">
            {body.keys
              .filter(({ revokedAt }) => revokedAt === undefined)
              .map((key) => (
                <li key={key.id} class="film-row">
                  <strong>{key.name}</strong> <code>{key.id}</code>
                  <p class="meta">
                    <span>{words.list(key.scopes.map(words.scope))}</span>
                    {key.owner !== undefined && <span>{key.owner}</span>}
                    <span>{key.lastUsedAt === undefined ? words.neverUsed : words.lastUsed(ago(key.lastUsedAt))}</span>
                    {key.expiresAt !== undefined && <span>{words.expires(ago(key.expiresAt))}</span>}
                  </p>
                  <div class="actions">
                    <Button kind="quiet" onClick={() => setLeaving(key)}>
                      {words.revoke}
                    </Button>
                    <CopyAs
                      recipe={{
                        curl: curl('DELETE', `/v1/keys/${key.id}`),
                        cli: `storyreel keys revoke ${key.id}`,
                        ts: `await client.keys.revoke('${key.id}')`,
                      }}
                    />
                  </div>
                </li>
              ))}
          </ul>
          <form
            class="inline"
            ref={form}
            onSubmit={(event) => {
              event.preventDefault();
              void create();
            }}
          >
            <input
              required
              aria-label={words.name}
              placeholder={words.name}
              value={name}
              {...faultOf(faults, '/name')}
              onInput={(event) => setName(event.currentTarget.value)}
            />
            <button class="button">{words.create}</button>
            {name !== '' && (
              <CopyAs
                recipe={{
                  curl: curl('POST', '/v1/keys', { name }),
                  cli: `storyreel keys create -- ${quoted(name)}`,
                  ts: `await client.keys.create(${JSON.stringify({ name })})`,
                }}
              />
            )}
            <FieldFault faults={faults} at="/name" />
          </form>
        </>
      )}
      {secret !== undefined && (
        <p class="notice" role="alert">
          {words.secretOnce} <code>{secret}</code>{' '}
          <button type="button" class="link" onClick={() => void copy(secret)}>
            {words.copy}
          </button>
        </p>
      )}
      {leaving && (
        <Revocation path={`/v1/keys/${leaving.id}`} onDone={listed.again} onClose={() => setLeaving(undefined)} />
      )}
    </section>
  );
}
