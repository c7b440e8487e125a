import { useRef } from 'preact/hooks';
import { size } from '../i18n/format';
import { language, t } from '../i18n';
import type { Story } from '../story/story';

/** The film, once there is one: with subtitles, a list of its scenes, and what of it is missing. */
export function FilmPlayer({ story }: { readonly story: Story }) {
  const words = t();
  const video = useRef<HTMLVideoElement>(null);
  const film = story.view.value?.film ?? story.model.now.film;
  if (!film) return null;
  const missing = new Set(film.missing_scenes);
  let at = 0;
  const chapters = story.model.now.scenes
    .filter(({ scene_number: n }) => !missing.has(n))
    .map(({ scene_number: n, narration, duration }) => {
      const begins = at;
      at += duration;
      return { n, narration, begins };
    });
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
      <video
        ref={video}
        key={film.sha256}
        src={story.media(film.sha256)}
        controls
        playsInline
        preload="metadata"
        aria-label={words.player}
      >
        <track
          kind="subtitles"
          srcLang={language.value}
          label={words.subtitles}
          src={`${story.path}/subtitles.vtt`}
          default
        />
      </video>
      <div class="film-foot">
        <ol class="chapters" aria-label={words.chapters}>
          {chapters.map(({ n, narration, begins }) => (
            <li key={n}>
              <button
                type="button"
                class="link"
                title={narration}
                onClick={() => {
                  if (!video.current) return;
                  video.current.currentTime = begins;
                  void video.current.play();
                }}
              >
                {n}
              </button>
            </li>
          ))}
        </ol>
        <p class="actions">
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
      </div>
    </section>
  );
}
