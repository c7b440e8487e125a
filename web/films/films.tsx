import { useRef, useState } from 'preact/hooks';
import type { ProjectPage, ProjectSummary } from '../api/types';
import { t } from '../i18n';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Trouble } from '../parts/trouble';
import { place } from '../router';
import { BulkBar } from './bulk-bar';
import { arrangementOf, Groups } from './groups';
import { useHold } from './hold';
import { NoFilms } from './no-films';
import { Search } from './search';

const PAGE = 50;

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
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const picked = projects.filter(({ projectId }) => chosen.has(projectId));
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
      {(projects.length > 0 || isFiltered) && <Search />}
      {!body && !problem && <p class="quiet-text">{words.loading} …</p>}
      {body && projects.length === 0 && (isFiltered ? <p>{words.noneFound}</p> : <NoFilms />)}
      <div class="groups" {...holding}>
        <Groups placed={placed.current.films} films={projects} chosen={chosen} onChoose={setChosen} />
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
