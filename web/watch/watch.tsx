import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { Screen } from '../parts/screen';
import { Status } from '../parts/status';
import { Trouble } from '../parts/trouble';
import { navigate, place } from '../router';
import { shownStream } from '../shell/connection-chip';
import { NotFound } from '../shell/not-found';
import { FilmPlayer } from '../live-film/film-player';
import { Script } from '../live-film/script';
import { StageList } from '../live-film/stage-list';
import { Storyboard } from '../live-film/storyboard';
import { Story } from '../story/story';

/** A film that somebody has shared: to be watched, not steered. The link's token is in its fragment, which no log sees. */
export function Watch({ id }: { readonly id: string }) {
  const token = new URLSearchParams(place.value.hash.slice(1)).get('t');
  const [isIn, setIn] = useState(token === null);
  useEffect(() => {
    if (token === null) return;
    void ask('POST', '/v1/sessions', { share: token })
      .catch(() => undefined)
      .then(() => {
        navigate(place.value.pathname + place.value.search, { replace: true });
        setIn(true);
      });
  }, [token]);
  return isIn ? <Watched id={id} /> : null;
}

function Watched({ id }: { readonly id: string }) {
  const story = useMemo(() => new Story(id, true), [id]);
  const [chosen, setChosen] = useState<number>();
  useEffect(() => {
    shownStream.value = story.stream;
    return () => {
      shownStream.value = undefined;
      story.close();
    };
  }, [story]);
  const status = story.status;
  if (story.problem.value?.status === 404) return <NotFound hint={t().notFoundHint} />;
  return (
    <Screen
      wide
      title={story.view.value?.name ?? (story.model.now.topic || t().loading)}
      aside={
        <>
          {status && <Status status={status} />}
          <span class="quiet-text">{t().watching}</span>
        </>
      }
    >
      <Trouble problem={story.problem.value} />
      <div class="live">
        <StageList story={story} />
        <div class="live-main">
          <FilmPlayer key={id} story={story} />
          <Script story={story} readOnly />
          <Storyboard story={story} chosen={chosen} onChoose={setChosen} />
        </div>
      </div>
    </Screen>
  );
}
