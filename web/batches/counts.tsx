import type { ProjectStatus } from '../../src/protocol';
import { number } from '../i18n/format';
import { Status } from '../parts/status';

/** How many films have each status. */
export function Counts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  return (
    <ul class="counts">
      {Object.entries(counts)
        .filter(([, n]) => n > 0)
        .map(([status, n]) => (
          <li key={status}>
            <strong>{number(n)}</strong> <Status status={status as ProjectStatus} />
          </li>
        ))}
    </ul>
  );
}
