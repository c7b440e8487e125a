import { PROJECT_STATUSES } from '../../src/protocol';
import { t } from '../i18n';
import { useKeys } from '../parts/use-keys';
import { place, setQuery } from '../router';

/** Looks for films by name, topic and status. What is looked for is in the address. */
export function Search() {
  const words = t();
  const query = place.value.searchParams;
  useKeys({
    '/': { label: words.search, run: () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus() },
  });
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        aria-label={words.searchFilms}
        placeholder={words.search}
        value={query.get('q') ?? ''}
        onInput={(event) => setQuery('q', event.currentTarget.value)}
      />
      <select
        aria-label={words.filterByStatus}
        value={query.get('status') ?? ''}
        onChange={(event) => setQuery('status', event.currentTarget.value)}
      >
        <option value="">{words.anyStatus}</option>
        {PROJECT_STATUSES.map((status) => (
          <option key={status} value={status}>
            {words.status(status)}
          </option>
        ))}
      </select>
    </form>
  );
}
