import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { ProjectSummary } from '../api/types';
import { t } from '../i18n';
import { laneName } from '../parts/lane-name';
import { showAnswer } from '../parts/announce';
import { Button } from '../parts/button';
import { CopyAs, curl, quoted } from '../parts/copy-as';
import { oneByOne } from '../parts/one-by-one';
import { Refusals } from '../parts/refusals';

interface RetryParkedProps {
  readonly films: readonly ProjectSummary[];
  readonly onDone: () => void;
}

/** Tries all lanes that wait for a person again, in all films. The gateway answers for each, and each refusal is shown. */
export function RetryParked({ films, onDone }: RetryParkedProps) {
  const words = t();
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [isSending, setSending] = useState(false);
  const parked = films.flatMap(({ projectId, name, summary }) =>
    summary.parked.map((lane) => ({
      name: `${name}, ${laneName(lane)}`,
      path: `/v1/projects/${projectId}/retry`,
      projectId,
      lane,
    })),
  );
  const retry = async () => {
    setSending(true);
    const refusals = await oneByOne(parked, ({ path, lane }) => ask('POST', path, { lane }));
    setSending(false);
    setRefused(refusals);
    showAnswer(words.retried(parked.length - refusals.length), refusals.length > 0);
    onDone();
  };
  if (parked.length === 0 && refused.length === 0) return null;
  return (
    <div class="tray">
      {parked.length > 0 && (
        <div class="actions">
          <Button kind="main" name={words.retryParked(parked.length)} disabled={isSending} onClick={() => void retry()}>
            {words.retryParked(parked.length)}
          </Button>
          <CopyAs
            recipe={{
              curl: parked.map(({ path, lane }) => curl('POST', path, { lane })).join('\n'),
              cli: parked.map(({ projectId, lane }) => `storyreel retry ${projectId} ${quoted(lane)}`).join('\n'),
              ts: parked.map(({ projectId, lane }) => `await client.retry('${projectId}', '${lane}')`).join('\n'),
            }}
          />
        </div>
      )}
      <Refusals lines={refused} />
    </div>
  );
}
