import { t } from '../i18n';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';

interface Listed {
  readonly providers: readonly Readonly<Record<string, unknown>>[];
}

/** The providers of texts, pictures and clips; read-only. */
export function Providers() {
  const words = t();
  const { body, problem } = usePolled<Listed>('/v1/providers', 15_000).value;
  return (
    <Screen title={words.providers}>
      {problem && <p class="quiet-text">{problem.status === 404 ? words.notThere : problem.detail}</p>}
      <ul class="films">
        {(body?.providers ?? []).map((provider, i) => (
          <li key={i} class="film-row">
            <dl class="facts">
              {Object.entries(provider).map(([name, value]) => (
                <>
                  <dt>{name}</dt>
                  <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                </>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </Screen>
  );
}
