import { useState } from 'preact/hooks';
import type { ProjectSummary } from '../api/types';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Confirm } from '../parts/dialog';
import { recipeOf, useOneByOne, type Item } from '../parts/one-by-one';
import { approvalOf, messagesTo, retriesOf } from './requests';

interface BulkBarProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What can be done with the chosen films together. A film that does not accept an action now is left out of it. */
export function BulkBar({ films, onDone, onClose }: BulkBarProps) {
  const words = t();
  const [asking, setAsking] = useState<{ readonly name: string; readonly items: readonly Item[] }>();
  const { isSending, refusals, send } = useOneByOne(onDone);
  const actions = [
    { name: words.approve, items: films.flatMap(approvalOf) },
    { name: words.retry, items: films.flatMap(retriesOf) },
    ...(['pause', 'resume', 'cancel'] as const).map((command) => ({
      name: words[command],
      items: films.flatMap((film) => messagesTo(film, command)),
    })),
  ].filter(({ items }) => items.length > 0);
  return (
    <div class="bars">
      <section class="bulk-bar" aria-label={words.filmsCount(films.length)}>
        <div class="actions">
          <strong>{words.filmsCount(films.length)}</strong>
          {actions.map((action) => (
            <Button key={action.name} disabled={isSending} onClick={() => setAsking(action)}>
              {action.name} ({action.items.length})
            </Button>
          ))}
          <span class="grow" />
          <Button kind="quiet" onClick={onClose}>
            {words.close}
          </Button>
        </div>
        {refusals}
      </section>
      {asking && (
        <Confirm
          question={asking.name === words.cancel ? words.confirmCancel : undefined}
          action={`${asking.name} (${asking.items.length})`}
          onConfirm={() => void send(asking.items, (n) => words.accepted(`${asking.name} (${n})`))}
          onClose={() => setAsking(undefined)}
        >
          <ul class="plain">
            {asking.items.map(({ name, path, body }) => (
              <li key={path + JSON.stringify(body)}>{name}</li>
            ))}
          </ul>
          <CopyAs recipe={recipeOf(asking.items)} />
        </Confirm>
      )}
    </div>
  );
}
