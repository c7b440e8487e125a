import { useState } from 'preact/hooks';
import type { ProjectSummary } from '../api/types';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Confirm } from '../parts/dialog';
import { recipeOf, useOneByOne, type Item } from '../parts/one-by-one';
import { approvalOf, deletionOf, messagesTo, retriesOf } from './requests';

interface Action {
  readonly name: string;
  /** This is shown before something is ended or deleted. */
  readonly question?: string;
  readonly items: readonly Item[];
}

interface BulkBarProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What can be done with the chosen films together. A film that does not accept an action now is left out of it. */
export function BulkBar({ films, onDone, onClose }: BulkBarProps) {
  const words = t();
  const [asking, setAsking] = useState<Action>();
  const { refusals, send } = useOneByOne(onDone);
  const ofAll = (of: (film: ProjectSummary) => readonly Item[]) => films.flatMap(of);
  const all: readonly Action[] = [
    { name: words.approve, items: ofAll(approvalOf) },
    { name: words.retry, items: ofAll(retriesOf) },
    { name: words.pause, items: ofAll((film) => messagesTo(film, 'pause')) },
    { name: words.resume, items: ofAll((film) => messagesTo(film, 'resume')) },
    { name: words.cancel, question: words.confirmCancel, items: ofAll((film) => messagesTo(film, 'cancel')) },
    { name: words.deleteFilm, question: words.confirmDelete, items: ofAll(deletionOf) },
  ];
  const title = ({ name, items }: Action) => words.aside(name, items.length);
  return (
    <section class="bulk" aria-label={words.filmsCount(films.length)}>
      <strong>{words.filmsCount(films.length)}</strong>
      <Button kind="quiet" onClick={onClose}>
        {words.close}
      </Button>
      <div class="actions">
        {all
          .filter(({ items }) => items.length > 0)
          .map((action) => (
            <Button key={action.name} name={action.name} onClick={() => setAsking(action)}>
              {title(action)}
            </Button>
          ))}
      </div>
      {refusals}
      {asking && (
        <Confirm
          question={asking.question}
          action={title(asking)}
          kind={asking.question === undefined ? 'main' : 'danger'}
          onConfirm={() => void send(asking.name, asking.items, (n) => words.accepted(words.aside(asking.name, n)))}
          onClose={() => setAsking(undefined)}
        >
          <ul class="asked">
            {asking.items.map(({ name, path, body }) => (
              <li key={path + JSON.stringify(body)}>{name}</li>
            ))}
          </ul>
          <CopyAs recipe={recipeOf(asking.items)} />
        </Confirm>
      )}
    </section>
  );
}
