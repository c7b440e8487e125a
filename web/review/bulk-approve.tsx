import { useState } from 'preact/hooks';
import type { ProjectSummary } from '../api/types';
import { approvalOf } from '../films/requests';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { recipeOf, useOneByOne } from '../parts/one-by-one';

interface BulkApproveProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
}

/** Approves the chosen films. */
export function BulkApprove({ films, onDone }: BulkApproveProps) {
  const words = t();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { isSending, refusals, send } = useOneByOne(() => {
    setChosen(new Set());
    onDone();
  });
  const picked = films.filter(({ projectId }) => chosen.has(projectId)).flatMap(approvalOf);
  const choose = (id: string, isChosen: boolean) =>
    setChosen(new Set(isChosen ? [...chosen, id] : [...chosen].filter((each) => each !== id)));
  // What was refused stays to be read, also if nothing is left to choose.
  if (films.length < 2 && !isSending) return <>{refusals}</>;
  return (
    <>
      <details class="bulk">
        <summary>{words.filmsCount(films.length)}</summary>
        <ul class="plain">
          {films.map(({ projectId, name, summary }) => (
            <li key={projectId}>
              <label class="check">
                <input
                  type="checkbox"
                  checked={chosen.has(projectId)}
                  onChange={(event) => choose(projectId, event.currentTarget.checked)}
                />
                {name} · {words.stage(summary.gate ?? '')}
              </label>
            </li>
          ))}
        </ul>
        <div class="actions">
          <Button
            kind="main"
            disabled={picked.length === 0 || isSending}
            onClick={() => void send(picked, words.approved)}
          >
            {words.approveAll(picked.length)}
          </Button>
          {picked.length > 0 && <CopyAs recipe={recipeOf(picked)} />}
        </div>
      </details>
      {refusals}
    </>
  );
}
