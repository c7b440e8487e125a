import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { ProjectSummary } from '../api/types';
import { t } from '../i18n';
import { showAnswer } from '../parts/announce';
import { Button } from '../parts/button';
import { CopyAs, curl, quoted } from '../parts/copy-as';
import { oneByOne } from '../parts/one-by-one';
import { Refusals } from '../parts/refusals';

const gateOf = ({ summary }: ProjectSummary) =>
  summary.stages.find(({ status }) => status === 'awaiting_approval')?.stage ?? '';
const requestOf = (film: ProjectSummary) => ({
  path: `/v1/projects/${film.projectId}/approve`,
  body: { gate: gateOf(film) },
});

interface BulkApproveProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
}

/** Approves the chosen films one after the other. The gateway answers for each, and each refusal is shown. */
export function BulkApprove({ films, onDone }: BulkApproveProps) {
  const words = t();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [isSending, setSending] = useState(false);
  const picked = films.filter(({ projectId }) => chosen.has(projectId));
  const approveAll = async () => {
    setSending(true);
    const refusals = await oneByOne(picked, (film) => ask('POST', requestOf(film).path, requestOf(film).body));
    setSending(false);
    setRefused(refusals);
    setChosen(new Set());
    showAnswer(words.approved(picked.length - refusals.length), refusals.length > 0);
    onDone();
  };
  const choose = (id: string, isChosen: boolean) =>
    setChosen(new Set(isChosen ? [...chosen, id] : [...chosen].filter((each) => each !== id)));
  // What was refused stays to be read, also if nothing is left to choose.
  const refusals = <Refusals lines={refused} />;
  if (films.length < 2 && !isSending) return refusals;
  return (
    <>
      <details class="bulk">
        <summary>{words.filmsCount(films.length)}</summary>
        <ul class="plain">
          {films.map((film) => (
            <li key={film.projectId}>
              <label class="check">
                <input
                  type="checkbox"
                  checked={chosen.has(film.projectId)}
                  onChange={(event) => choose(film.projectId, event.currentTarget.checked)}
                />
                {film.name} · {words.stage(gateOf(film))}
              </label>
            </li>
          ))}
        </ul>
        <div class="actions">
          <Button kind="main" disabled={picked.length === 0 || isSending} onClick={() => void approveAll()}>
            {words.approveAll(picked.length)}
          </Button>
          {picked.length > 0 && (
            <CopyAs
              recipe={{
                curl: picked.map((film) => curl('POST', requestOf(film).path, requestOf(film).body)).join('\n'),
                cli: picked.map((film) => `storyreel approve ${film.projectId} ${quoted(gateOf(film))}`).join('\n'),
                ts: picked.map((film) => `await client.approve('${film.projectId}', '${gateOf(film)}')`).join('\n'),
              }}
            />
          )}
        </div>
      </details>
      {refusals}
    </>
  );
}
