import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { FilmReference } from '../../src/protocol';
import { size } from '../i18n/format';
import { language, t } from '../i18n';
import { Button } from '../parts/button';
import { copy } from '../parts/copy-as';
import { Dialog } from '../parts/dialog';
import { useKeys } from '../parts/use-keys';
import { place } from '../router';
import type { Story } from '../story/story';
import { FilmSoFar } from './film-so-far';

export const filmOf = (story: Story): FilmReference | undefined => story.view.value?.film ?? story.model.now.film;

/** The film; before there is one, what can be played of it. */
export function FilmPlayer({ story }: { readonly story: Story }) {
  const film = filmOf(story);
  return (
    <>
      {film && <WholeFilm story={story} film={film} />}
      <FilmSoFar story={story} isReady={film !== undefined} />
    </>
  );
}

/** With subtitles, a list of its scenes, and what of it is missing. */
function WholeFilm({ story, film }: { readonly story: Story; readonly film: FilmReference }) {
  const words = t();
  const [isTheatre, setTheatre] = useState(false);
  const missing = new Set(film.missing_scenes);
  return (
    <section class="film" id="film" aria-labelledby="film-title">
      <header>
        <h2 id="film-title">{words.film}</h2>
        <span class="quiet-text">
          {words.filmScenes(film.scenes)} · {words.seconds(film.duration)} · {size(film.bytes)}
        </span>
        {film.stills && film.stills.length > 0 && (
          <span class="chip">– {words.filmStills(film.stills.join(', '))}</span>
        )}
        {missing.size > 0 && <span class="chip">✗ {words.filmMissing([...missing].join(', '))}</span>}
      </header>
      <Playing story={story} film={film}>
        <p class="actions">
          <Button keys="w" onClick={() => setTheatre(true)}>
            {words.theatre}
          </Button>
          <a class="button" href={`${story.path}/film?download=true`} download>
            {words.download} MP4
          </a>
          <a class="button quiet" href={`${story.path}/subtitles.srt`} download="subtitles.srt">
            SRT
          </a>
          <a class="button quiet" href={`${story.path}/subtitles.vtt`} download="subtitles.vtt">
            VTT
          </a>
        </p>
      </Playing>
      {isTheatre && (
        <Dialog title={words.theatre} onClose={() => setTheatre(false)}>
          <div class="theatre">
            <Playing story={story} film={film} isLarge />
          </div>
        </Dialog>
      )}
    </section>
  );
}

interface PlayingProps {
  readonly story: Story;
  readonly film: FilmReference;
  readonly isLarge?: boolean;
  readonly children?: ComponentChildren;
}

/** The video and its chapters, on the page or in the theatre. */
function Playing({ story, film, isLarge = false, children }: PlayingProps) {
  const words = t();
  const video = useRef<HTMLVideoElement>(null);
  const [hasCaptions, setCaptions] = useState(true);
  const missing = new Set(film.missing_scenes);
  let at = 0;
  const chapters = story.model.now.scenes
    .filter(({ scene_number: n }) => !missing.has(n))
    .map(({ scene_number: n, narration, duration }) => {
      const begins = at;
      at += duration;
      return { n, narration, begins };
    });
  const go = (seconds: number) => {
    if (!video.current) return;
    video.current.currentTime = seconds;
    void video.current.play();
  };
  const step = (by: 1 | -1) => () => {
    const present = chapters.findLastIndex(({ begins }) => begins <= (video.current?.currentTime ?? 0));
    const next = chapters[present + by];
    if (next) go(next.begins);
  };
  // A dialog has no keys.
  useKeys(
    isLarge ? {} : { '[': { label: words.chapterBack, run: step(-1) }, ']': { label: words.chapterOn, run: step(1) } },
  );
  const copyLink = () => {
    const link = new URL(location.href);
    link.searchParams.set('t', String(Math.floor(video.current?.currentTime ?? 0)));
    void copy(link.href);
  };
  const turnCaptions = (on: boolean) => {
    setCaptions(on);
    for (const track of video.current?.textTracks ?? []) track.mode = on ? 'showing' : 'hidden';
  };
  return (
    <>
      <video
        ref={video}
        key={film.sha256}
        src={`${story.media(film.sha256)}#t=${place.value.searchParams.get('t') ?? ''}`}
        controls
        playsInline
        preload="metadata"
        aria-label={words.player}
      >
        <track
          kind="subtitles"
          srcLang={story.view.value?.language ?? language.value}
          label={words.subtitles}
          src={`${story.path}/subtitles.vtt`}
          default
        />
        <track kind="chapters" srcLang="en" label={words.chapters} src={`${story.path}/chapters.vtt`} default />
      </video>
      <div class="film-foot">
        <ol class="chapters" aria-label={words.chapters}>
          {chapters.map(({ n, narration, begins }) => (
            <li key={n}>
              <button
                type="button"
                class="link"
                title={narration}
                aria-label={words.chapter(n)}
                onClick={() => go(begins)}
              >
                {n}
              </button>
            </li>
          ))}
        </ol>
        {isLarge ? (
          <label class="check">
            <input
              type="checkbox"
              checked={hasCaptions}
              onChange={(event) => turnCaptions(event.currentTarget.checked)}
            />
            {words.captions}
          </label>
        ) : (
          <Button kind="quiet" onClick={copyLink}>
            {words.linkHere}
          </Button>
        )}
        {children}
      </div>
    </>
  );
}
