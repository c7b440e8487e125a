import { stageOfRole } from '../../src/protocol';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Problem } from '../api/ask';
import type { ProjectPage } from '../api/types';
import { t } from '../i18n';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Trouble } from '../parts/trouble';
import { useKeys } from '../parts/use-keys';
import { navigate } from '../router';
import { AttentionTray } from '../live-film/attention-tray';
import { approve, GateBar, waitingGate } from '../live-film/gate-bar';
import { useAhead } from '../live-film/next-run';
import { Script } from '../live-film/script';
import { Storyboard } from '../live-film/storyboard';
import { Button } from '../parts/button';
import { Story } from '../story/story';

/** Everything that waits for a person, in all films, one item after the other. */
export function Review() {
  const words = t();
  const gates = usePolled<ProjectPage>('/v1/projects?status=awaiting_approval&limit=100');
  const parked = usePolled<ProjectPage>('/v1/projects?status=needs_attention&limit=100');
  const [shown, setShown] = useState({ id: '', at: 0 });
  const films = [...(gates.value.body?.projects ?? []), ...(parked.value.body?.projects ?? [])].reverse();
  const found = films.findIndex(({ projectId }) => projectId === shown.id);
  // The film stays although others leave the list: an approval must not meet another one.
  const at = found < 0 ? Math.min(shown.at, films.length - 1) : found;
  const film = films[at];
  const id = film?.projectId ?? '';
  useEffect(() => setShown({ id, at: Math.max(at, 0) }), [id, at]);
  const problem = gates.value.problem ?? parked.value.problem;
  const isKnown = gates.value.body !== undefined && parked.value.body !== undefined;
  const next = () => setShown({ id: '', at: (at + 1) % films.length });
  useKeys({
    m: films.length > 1 ? { label: words.next, run: next } : undefined,
    o: film && { label: words.openFilm, run: () => navigate(`/p/${film.projectId}`) },
  });
  return (
    <Screen
      title={words.review}
      aside={
        film && (
          <>
            <span class="quiet-text">{words.position(at + 1, films.length)}</span>
            <span class="grow" />
            {films.length > 1 && (
              <Button keys="m" onClick={next}>
                {words.next}
              </Button>
            )}
          </>
        )
      }
    >
      {!film && <Trouble problem={problem} />}
      {isKnown && !film && (
        <div class="empty">
          <p class="large">{words.reviewEmpty}</p>
          <p class="quiet-text">{words.reviewEmptyHint}</p>
        </div>
      )}
      {film && <Waiting key={film.projectId} id={film.projectId} name={film.name} problem={problem} />}
    </Screen>
  );
}

interface WaitingProps {
  readonly id: string;
  readonly name: string;
  /** Why the list of what waits is not known. */
  readonly problem: Problem | undefined;
}

function Waiting({ id, name, problem }: WaitingProps) {
  const words = t();
  const story = useMemo(() => new Story(id), [id]);
  useEffect(() => () => story.close(), [story]);
  useAhead(story);
  const gate = waitingGate(story);
  useKeys({ a: gate === undefined ? undefined : { label: words.approve, run: () => void approve(story, gate) } });
  return (
    <article class="waiting">
      <h2>
        <a href={`/p/${id}`}>{name}</a>
      </h2>
      {gate === stageOfRole('story').name && <Script story={story} readOnly />}
      {gate !== undefined && gate !== stageOfRole('story').name && (
        <Storyboard story={story} chosen={undefined} onChoose={(scene) => navigate(`/p/${id}?scene=${scene}`)} />
      )}
      <div class="bars">
        <Trouble problem={problem ?? story.problem.value} />
        <AttentionTray story={story} />
        <GateBar story={story} />
      </div>
    </article>
  );
}
