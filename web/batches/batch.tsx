import { useState } from 'preact/hooks';
import type { ProjectStatus } from '../../src/protocol';
import { ask } from '../api/ask';
import type { BatchView } from '../api/types';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { CopyAs, curl } from '../parts/copy-as';
import { Confirm } from '../parts/dialog';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Status } from '../parts/status';
import { Trouble } from '../parts/trouble';

/** Every film of one batch, and the number of films in each status. */
export function Batch({ id }: { readonly id: string }) {
  const words = t();
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  const polled = usePolled<BatchView>(path, 2_000);
  const [isAsking, setAsking] = useState(false);
  const batch = polled.value.body;
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
              <CopyAs
                recipe={{
                  curl: curl('POST', `${path}/cancel`, {}),
                  ts: `await client.cancelBatch(${JSON.stringify(id)})`,
                }}
              />
              <Button name={words.cancelBatch} onClick={() => setAsking(true)}>
                {words.cancelBatch}
              </Button>
            </>
          )}
        </>
      }
    >
      <Trouble problem={polled.value.problem} />
      {batch && (
        <>
          <ul class="counts">
            {Object.entries(batch.counts)
              .filter(([, n]) => n > 0)
              .map(([status, n]) => (
                <li key={status}>
                  <strong>{number(n)}</strong> <Status status={status as ProjectStatus} />
                </li>
              ))}
          </ul>
          <ul class="films">
            {batch.projects.map(({ projectId, name, status, error }) => (
              <li key={projectId} class="film-row">
                <a href={`/p/${projectId}`}>{name}</a>
                <Status status={status} />
                {error && <p class="topic">{error.message}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
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
