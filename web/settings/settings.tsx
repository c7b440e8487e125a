import { t } from '../i18n';
import { areKeysOn, turnKeys } from '../parts/keys';
import { Screen } from '../parts/screen';
import { ApiKeys } from './api-keys';
import { Audit } from './audit';
import { Sessions } from './sessions';

export function Settings() {
  const words = t();
  return (
    <Screen title={words.settings}>
      <section class="group">
        <h2>{words.keyboard}</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={areKeysOn.value}
            onChange={(event) => turnKeys(event.currentTarget.checked)}
          />
          {words.keysOn}
        </label>
        <p class="hint">{words.keysHint}</p>
      </section>
      <ApiKeys />
      <Sessions />
      <Audit />
    </Screen>
  );
}
