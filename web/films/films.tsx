import { useState } from 'preact/hooks';
import { PROJECT_STATUSES, type ProjectStatus } from '../../src/protocol';
import { ask } from '../api/ask';
import type { ProjectPage, ProjectSummary } from '../api/types';
import { t } from '../i18n';
import type { Words } from '../i18n/en';
import { act } from '../parts/act';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Trouble } from '../parts/trouble';
import { useKeys } from '../parts/use-keys';
import { navigate, place, setQuery } from '../router';
import { FilmRow } from './film-row';

const PAGE = 50;

const GROUPS: readonly (readonly [keyof Words, readonly ProjectStatus[]])[] = [
  ['groupWaits', ['awaiting_approval', 'needs_attention']],
  ['groupRunning', ['processing']],
  ['groupPaused', ['paused']],
  ['groupQueued', ['queued']],
  ['groupDone', ['completed']],
  ['groupEnded', ['failed', 'cancelled']],
  ['groupDrafts', ['draft']],
];

/** All films, those that wait for the person first. */
export function Films() {
  const words = t();
  const query = place.value.searchParams;
  const [limit, setLimit] = useState(PAGE);
  const asked = new URLSearchParams({ limit: String(limit) });
  for (const name of ['q', 'status']) if (query.get(name)) asked.set(name, query.get(name) ?? '');
  const page = usePolled<ProjectPage>(`/v1/projects?${asked.toString()}`);
  const { body, problem } = page.value;
  const isFiltered = query.has('q') || query.has('status');
  const projects = body?.projects ?? [];
  const shown = GROUPS.map(([name, statuses]) => ({
    name,
    films: projects.filter(({ status }) => statuses.includes(status)),
  })).filter(({ films }) => films.length > 0);
  useKeys({
    j: { label: words.next, run: () => moveFocus(1) },
    k: { label: `← ${words.next}`, run: () => moveFocus(-1) },
    '/': { label: words.search, run: () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus() },
  });
  return (
    <Screen
      title={words.films}
      aside={
        <a class="button main" href="/new" aria-keyshortcuts="n">
          {words.newFilm} <kbd aria-hidden="true">n</kbd>
        </a>
      }
    >
      <Trouble problem={problem} />
      {(projects.length > 0 || isFiltered) && (
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
      )}
      {!body && !problem && <p class="quiet-text">{words.loading} …</p>}
      {body && projects.length === 0 && (isFiltered ? <p>{words.noneFound}</p> : <NoFilms />)}
      {shown.map(({ name, films }) => (
        <section key={name} class="group" aria-labelledby={`group-${name}`}>
          <h2 id={`group-${name}`}>
            {words[name] as string} <span class="quiet-text">{films.length}</span>
          </h2>
          <ul class="films">
            {films.map((film: ProjectSummary) => (
              <FilmRow key={film.projectId} film={film} />
            ))}
          </ul>
        </section>
      ))}
      {body?.next !== undefined && (
        <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
          {words.showMore}
        </button>
      )}
    </Screen>
  );
}

/** A newcomer is one click away from a film. */
function NoFilms() {
  const words = t();
  const make = async (topic: string) => {
    let projectId: string | undefined;
    const isMade = await act(words.makeFilm, async () => {
      const { body } = await ask<{ projectId: string }>(
        'POST',
        '/v1/projects',
        { topic, settings: { scenes: 3 }, start: {} },
        { 'idempotency-key': crypto.randomUUID() },
      );
      projectId = body.projectId;
    });
    if (isMade && projectId !== undefined) navigate(`/p/${projectId}`);
  };
  return (
    <div class="empty">
      <p class="large">{words.noFilms}</p>
      <p class="quiet-text">{words.noFilmsHint}</p>
      <ul class="examples">
        {words.examples.map((topic) => (
          <li key={topic}>
            <button type="button" class="button" onClick={() => void make(topic)}>
              <span aria-hidden="true">▶</span> {topic}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function moveFocus(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.films a')];
  const at = links.findIndex((link) => link === document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}
