import { STATUS_MARKS, type LaneStatus, type ProjectStatus } from '../../src/protocol';
import { t } from '../i18n';

type AnyStatus = LaneStatus | ProjectStatus;

export function markOf(status: AnyStatus): string {
  if (status === 'draft') return '◇';
  return status === 'queued' ? '·' : STATUS_MARKS[status];
}

/** A status by its shape, its texture and its word; the colour only repeats it. */
export function Status({ status, bare = false }: { readonly status: AnyStatus; readonly bare?: boolean }) {
  const word = t().status(status);
  return (
    <span class={`status status-${status}`} title={bare ? word : undefined}>
      <span class="mark" aria-hidden="true">
        {markOf(status)}
      </span>
      <span class={bare ? 'sr-only' : undefined}>{word}</span>
    </span>
  );
}
