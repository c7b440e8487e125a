import type { ProjectStatus } from '../../src/protocol';
import type { ProjectSummary } from '../api/types';
import { t } from '../i18n';
import type { Words } from '../i18n/en';
import { useKeys } from '../parts/use-keys';
import { FilmRow } from './film-row';

const GROUPS: readonly (readonly [keyof Words, readonly ProjectStatus[]])[] = [
  ['groupWaits', ['awaiting_approval', 'needs_attention']],
  ['groupRunning', ['processing']],
  ['groupPaused', ['paused']],
  ['groupQueued', ['queued']],
  ['groupDone', ['completed']],
  ['groupEnded', ['failed', 'cancelled']],
  ['groupDrafts', ['draft']],
];

const groupOf = (status: ProjectStatus) => GROUPS.findIndex(([, statuses]) => statuses.includes(status));

/** Equal for films that have the same places in the same groups. */
export const arrangementOf = (films: readonly ProjectSummary[]) =>
  films.map(({ projectId, status }) => `${projectId} ${groupOf(status)}`).join();

interface GroupsProps {
  /** The films in their places. */
  readonly placed: readonly ProjectSummary[];
  /** The same films as they are now, without those that have left the list. */
  readonly films: readonly ProjectSummary[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}

/** The films in groups, those that wait for the person first. */
export function Groups({ placed, films, chosen, onChoose }: GroupsProps) {
  const words = t();
  const areChosen = (ids: readonly string[]) => ids.every((id) => chosen.has(id));
  const choose = (ids: readonly string[]) => {
    const others = [...chosen].filter((id) => !ids.includes(id));
    onChoose(new Set(areChosen(ids) ? others : [...others, ...ids]));
  };
  useKeys({
    j: { label: words.next, run: () => moveFocus(1) },
    k: { label: words.previous, run: () => moveFocus(-1) },
    x: {
      label: words.choose,
      run: () => document.querySelector<HTMLInputElement>('.film-row:focus-within > .choose > input')?.click(),
    },
  });
  return GROUPS.map(([name, statuses]) => {
    const inGroup = placed.filter(({ status }) => statuses.includes(status));
    const ids = inGroup.map(({ projectId }) => projectId);
    if (ids.length === 0) return null;
    return (
      <section key={name} class="group" aria-labelledby={`group-${name}`}>
        <h2 id={`group-${name}`}>
          {words[name] as string} <span class="quiet-text">{ids.length}</span>
        </h2>
        {ids.length > 1 && (
          <label class="choose">
            {words.chooseAll} <input type="checkbox" checked={areChosen(ids)} onChange={() => choose(ids)} />
          </label>
        )}
        <ul class="films">
          {inGroup.map((film) => (
            <FilmRow
              key={film.projectId}
              film={films.find(({ projectId }) => projectId === film.projectId)}
              placed={film}
              isChosen={chosen.has(film.projectId)}
              onChoose={() => choose([film.projectId])}
            />
          ))}
        </ul>
      </section>
    );
  });
}

function moveFocus(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.film-row > a')];
  const at = links.findIndex((link) => link === document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}
