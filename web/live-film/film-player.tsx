import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
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

/**
 * The film, in the place that is kept for it from the beginning. Who has the page open when it comes is reading, so its
 * player opens only if it is asked for, and pushes nothing away.
 */
export function FilmPlayer({ story }: { readonly story: Story }) {
  const words = t();
  const film = filmOf(story);
  const wasThere = useRef<boolean | undefined>(undefined);
  if (story.view.value || story.model.status) wasThere.current ??= film !== undefined;
  const [isAsked, setAsked] = useState(false);
  const isOpen = wasThere.current === true || isAsked;
  return (
    <section class="film" id="film" aria-labelledby="film-title">
      <header>
        <h2 id="film-title">{words.film}</h2>
        {film && <FilmFacts film={film} />}
        {film && !isOpen && (
          <Button kind="main" keys="w" onClick={() => setAsked(true)}>
            ▶ {words.playFilm}
          </Button>
        )}
        <FilmSoFar story={story} isReady={film !== undefined} />
      </header>
      {film && isOpen && <WholeFilm story={story} film={film} isPlayed={isAsked} />}
    </section>
  );
}

/** How long it is, and what of it is missing. */
function FilmFacts({ film }: { readonly film: FilmReference }) {
  const words = t();
  const { stills = [], missing_scenes: missing = [] } = film;
  return (
    <>
      <span class="quiet-text">
        {words.filmScenes(film.scenes)} · {words.seconds(film.duration)} · {size(film.bytes)}
      </span>
      {stills.length > 0 && <span class="chip">– {words.filmStills(words.list(stills.map(String)))}</span>}
      {missing.length > 0 && <span class="chip">✗ {words.filmMissing(words.list(missing.map(String)))}</span>}
    </>
  );
}

interface WholeFilmProps {
  readonly story: Story;
  readonly film: FilmReference;
  /** Whether it begins by itself. */
  readonly isPlayed: boolean;
}

/** With subtitles and a list of its scenes. */
function WholeFilm({ story, film, isPlayed }: WholeFilmProps) {
  const words = t();
  const [isTheatre, setTheatre] = useState(false);
  return (
    <>
      <Playing story={story} film={film} isPlayed={isPlayed}>
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
    </>
  );
}

interface PlayingProps {
  readonly story: Story;
  readonly film: FilmReference;
  readonly isLarge?: boolean;
  readonly isPlayed?: boolean;
  readonly children?: ComponentChildren;
}

/** The video and its chapters, on the page or in the theatre. */
function Playing({ story, film, isLarge = false, isPlayed = false, children }: PlayingProps) {
  const words = t();
  const video = useRef<HTMLVideoElement>(null);
  const [hasCaptions, setCaptions] = useState(true);
  useEffect(() => {
    if (isPlayed) video.current?.focus();
  }, [isPlayed]);
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
        autoPlay={isPlayed}
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
