import { useRef, useState } from 'preact/hooks';
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
import { BulkBar } from './bulk-bar';
import { FilmRow } from './film-row';
import { useHold } from './hold';

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
  const { body, problem, path } = page.value;
  const isFiltered = query.has('q') || query.has('status');
  const projects = body?.projects ?? [];
  const { isHeld, ...holding } = useHold();
  const placed = useRef<{ readonly path?: string | undefined; readonly films: readonly ProjectSummary[] }>({
    films: [],
  });
  // Each film keeps its place for as long as somebody points at the list: a click must not meet another one.
  if (!isHeld || placed.current.path !== path) placed.current = { path, films: projects };
  const isBehind = arrangementOf(placed.current.films) !== arrangementOf(projects);
  const shown = GROUPS.map(([name, statuses]) => ({
    name,
    films: placed.current.films
      .filter(({ status }) => statuses.includes(status))
      .map((film) => ({ placed: film, film: projects.find(({ projectId }) => projectId === film.projectId) })),
  })).filter(({ films }) => films.length > 0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const picked = projects.filter(({ projectId }) => chosen.has(projectId));
  const areChosen = (ids: readonly string[]) => ids.every((id) => chosen.has(id));
  const choose = (ids: readonly string[]) => {
    const others = [...chosen].filter((id) => !ids.includes(id));
    setChosen(new Set(areChosen(ids) ? others : [...others, ...ids]));
  };
  useKeys({
    j: { label: words.next, run: () => moveFocus(1) },
    k: { label: words.previous, run: () => moveFocus(-1) },
    x: {
      label: words.choose,
      run: () => document.querySelector<HTMLInputElement>('.film-row:focus-within > .choose > input')?.click(),
    },
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
      {!body && <Trouble problem={problem} />}
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
      <div class="groups" {...holding}>
        {shown.map(({ name, films }) => {
          const ids = films.map(({ placed }) => placed.projectId);
          return (
            <section key={name} class="group" aria-labelledby={`group-${name}`}>
              <h2 id={`group-${name}`}>
                {words[name] as string} <span class="quiet-text">{films.length}</span>
              </h2>
              {films.length > 1 && (
                <label class="choose">
                  {words.chooseAll} <input type="checkbox" checked={areChosen(ids)} onChange={() => choose(ids)} />
                </label>
              )}
              <ul class="films">
                {films.map(({ film, placed }) => (
                  <FilmRow
                    key={placed.projectId}
                    film={film}
                    placed={placed}
                    isChosen={chosen.has(placed.projectId)}
                    onChoose={() => choose([placed.projectId])}
                  />
                ))}
              </ul>
            </section>
          );
        })}
      </div>
      {body?.next !== undefined && (
        <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
          {words.showMore}
        </button>
      )}
      <div class="bars">
        {body && <Trouble problem={problem} />}
        {isBehind && <p class="quiet-text">{words.listHeld}</p>}
        {picked.length > 0 && (
          <BulkBar films={picked} onDone={() => page.again?.()} onClose={() => setChosen(new Set())} />
        )}
      </div>
    </Screen>
  );
}

const groupOf = (status: ProjectStatus) => GROUPS.findIndex(([, statuses]) => statuses.includes(status));
const arrangementOf = (films: readonly ProjectSummary[]) =>
  films.map(({ projectId, status }) => `${projectId} ${groupOf(status)}`).join();

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
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.film-row > a')];
  const at = links.findIndex((link) => link === document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}
