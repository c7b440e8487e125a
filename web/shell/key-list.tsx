import { t } from '../i18n';
import { Dialog } from '../parts/dialog';
import { allKeys, areKeysOn, keyCount, turnKeys } from '../parts/keys';

export function KeyList({ onClose }: { readonly onClose: () => void }) {
  const words = t();
  const keys = keyCount.value >= 0 ? allKeys() : [];
  return (
    <Dialog title={words.keyList} onClose={onClose}>
      <p class="quiet-text">{words.keysHint}</p>
      <label class="check">
        <input type="checkbox" checked={areKeysOn.value} onChange={(event) => turnKeys(event.currentTarget.checked)} />
        {words.keysOn}
      </label>
      <dl class="key-list">
        {keys.map(([key, { label }]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
