import type { ProviderView } from '../api/types';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Trouble } from '../parts/trouble';

/** The providers of texts, pictures and clips; read-only. */
export function Providers() {
  const words = t();
  const { body, problem } = usePolled<{ readonly providers: readonly ProviderView[] }>('/v1/providers', 15_000).value;
  return (
    <Screen title={words.providers}>
      <Trouble problem={problem} />
      <ul class="films">
        {(body?.providers ?? []).map((provider) => (
          <Provider key={`${provider.kind}/${provider.name}`} provider={provider} />
        ))}
      </ul>
    </Screen>
  );
}

function Provider({ provider }: { readonly provider: ProviderView }) {
  const words = t();
  const { kind, name, model, host, key, enabled, chosen, prices, can } = provider;
  const priced = Object.entries(prices ?? {});
  return (
    <li class="film-row provider">
      <h2>
        {words.providerKind(kind)} <span class="quiet-text">{model}</span>
      </h2>
      <span class="chip">
        {chosen ? `✓ ${words.providerChosen}` : enabled ? words.providerEnabled : words.providerOff}
      </span>
      <dl class="facts">
        <dt>{words.name}</dt>
        <dd>{name}</dd>
        {key !== undefined && (
          <>
            <dt>{words.host}</dt>
            <dd>{host ?? '–'}</dd>
            <dt>{words.apiKey}</dt>
            <dd>{words.keyState(key)}</dd>
          </>
        )}
        <dt>{words.price}</dt>
        <dd>
          {priced.length === 0
            ? words.priceUnknown
            : priced.map(([unit, price]) => words.named(words.priceUnit(unit), number(price, 4))).join(' · ')}
        </dd>
        {kind === 'text' && (
          <>
            <dt>{words.continuation}</dt>
            <dd>{can.continuation === 'none' ? words.continuesNot : words.continues}</dd>
          </>
        )}
      </dl>
    </li>
  );
}
