import { useState } from 'preact/hooks';
import { isFinal } from '../../src/protocol';
import { ask } from '../api/ask';
import type { BatchView, ProjectPage } from '../api/types';
import { money, number } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { CopyAs, curl, quoted } from '../parts/copy-as';
import { Confirm } from '../parts/dialog';
import { Failure } from '../parts/failure';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { StageRail } from '../parts/stage-rail';
import { Status } from '../parts/status';
import { Trouble } from '../parts/trouble';
import { Counts } from './counts';
import { RetryParked } from './retry-parked';

/** Every film of one batch, what they have cost, and the number of films in each status. */
export function Batch({ id }: { readonly id: string }) {
  const words = t();
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  const polled = usePolled<BatchView>(path, 2_000);
  const [isAsking, setAsking] = useState(false);
  const batch = polled.value.body;
  const listed = usePolled<ProjectPage>(`/v1/projects?batch=${encodeURIComponent(id)}&limit=1000`, 3_000);
  const films = listed.value.body?.projects ?? [];
  const costs = films.flatMap(({ summary }) => summary.cost ?? []);
  // The sum of a part would be untrue.
  const isWhole = listed.value.body?.next === undefined && costs.length > 0;
  const cost = isWhole ? costs.reduce((sum, each) => sum + each) : undefined;
  const cancel = async () => {
    await act(words.cancelBatch, () => ask('POST', `${path}/cancel`, {}));
    polled.again?.();
  };
  return (
    <Screen
      title={id}
      aside={
        <>
          <span class="grow" />
          {batch?.running && (
            <>
              <Button name={words.cancelBatch} onClick={() => setAsking(true)}>
                {words.cancelBatch}
              </Button>
              <CopyAs
                recipe={{
                  curl: curl('POST', `${path}/cancel`, {}),
                  cli: `storyreel cancel ${quoted(batch.workflowId)}`,
                  ts: `await client.cancelBatch(${JSON.stringify(id)})`,
                }}
              />
            </>
          )}
        </>
      }
    >
      {!batch && <Trouble problem={polled.value.problem} />}
      {batch && (
        <>
          <Progress batch={batch} cost={cost} />
          <Counts counts={batch.counts} />
          <ul class="films">
            {batch.projects.map(({ projectId, name, status, error }) => {
              const own = films.find((film) => film.projectId === projectId)?.summary;
              return (
                <li key={projectId} class="film-row">
                  <a href={`/p/${projectId}`}>{name}</a>
                  <Status status={status} />
                  {error && (
                    <p class="hint">
                      <Failure error={error} />
                    </p>
                  )}
                  {own && <StageRail stages={own.stages} />}
                  {own?.cost !== undefined && <p class="meta">{words.costSoFar(money(own.cost))}</p>}
                </li>
              );
            })}
          </ul>
        </>
      )}
      <div class="bars">
        {batch && <Trouble problem={polled.value.problem} />}
        <RetryParked
          films={films}
          onDone={() => {
            listed.again?.();
            polled.again?.();
          }}
        />
      </div>
      {isAsking && (
        <Confirm
          question={words.confirmCancelBatch}
          action={words.cancelBatch}
          onConfirm={() => void cancel()}
          onClose={() => setAsking(false)}
        />
      )}
    </Screen>
  );
}

/** How many films have ended, and what all have cost. */
function Progress({ batch, cost }: { readonly batch: BatchView; readonly cost: number | undefined }) {
  const words = t();
  const all = batch.projects.length;
  const ended = batch.projects.filter(({ status }) => isFinal(status)).length;
  return (
    <p class="batch-progress">
      <progress max={all} value={ended} aria-label={words.batchProgress(number(ended), number(all))} />
      <span>{words.batchProgress(number(ended), number(all))}</span>
      {cost !== undefined && (
        <span>
          <span class="quiet-text">{words.cost}</span> {money(cost)}
        </span>
      )}
    </p>
  );
}
