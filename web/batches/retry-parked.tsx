import type { ProjectSummary } from '../api/types';
import { retriesOf } from '../films/requests';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { recipeOf, useOneByOne } from '../parts/one-by-one';

interface RetryParkedProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
}

/** Tries all lanes that wait for a person again, in all films. */
export function RetryParked({ films, onDone }: RetryParkedProps) {
  const words = t();
  const { refusals, send } = useOneByOne(onDone);
  const parked = films.flatMap(retriesOf);
  if (parked.length === 0 && !refusals) return null;
  return (
    <div class="tray">
      {parked.length > 0 && (
        <div class="actions">
          <Button kind="main" name={words.retry} onClick={() => void send(words.retry, parked, words.retried)}>
            {words.retryParked(parked.length)}
          </Button>
          <CopyAs recipe={recipeOf(parked)} />
        </div>
      )}
      {refusals}
    </div>
  );
}
