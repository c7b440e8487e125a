import { useEffect, useState } from 'preact/hooks';
import { isFinal, stageOfRole } from '../../src/protocol';
import { language, t } from '../i18n';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import type { Story } from '../story/story';
import { laneStatus } from './storyboard';

const CLIP = stageOfRole('clip').name;
/** A scene with one of these has its image in the film instead of a clip. */
const WITHOUT_CLIP = new Set(['failed', 'skipped', 'cancelled']);

interface Playable {
  readonly n: number;
  readonly narration: string;
  readonly duration: number;
  readonly clip?: string;
  readonly image?: string;
}

/** The scenes that can be shown now, in their order: by their clip, or by their image where no clip will come. */
function playableOf(story: Story): readonly Playable[] {
  return story.model.now.scenes.flatMap(({ scene_number: n, narration, duration }) => {
    const clip = story.model.asset(n, 'clip')?.sha256;
    const image = story.model.asset(n, 'image')?.sha256;
    const isStill = WITHOUT_CLIP.has(laneStatus(story, `${CLIP}/${n}`)) && image !== undefined;
    if (clip === undefined && !isStill) return [];
    return [{ n, narration, duration, ...(clip !== undefined && { clip }), ...(image !== undefined && { image }) }];
  });
}

/** Plays what there is before the film: the finished scenes in their order, and the others as they come. */
export function FilmSoFar({ story, isReady }: { readonly story: Story; readonly isReady: boolean }) {
  const words = t();
  const [isOpen, setOpen] = useState(false);
  const scenes = playableOf(story);
  const hasPart = scenes.some(({ clip }) => clip !== undefined);
  return (
    <>
      {!isReady && hasPart && (
        <>
          <span class="quiet-text">{words.soFar(scenes.length, story.model.now.scenes.length)}</span>
          <Button keys="w" onClick={() => setOpen(true)}>
            ▶ {words.playSoFar}
          </Button>
        </>
      )}
      {!isReady && !hasPart && <span class="film-later quiet-text">{words.filmLater}</span>}
      {isOpen && (
        <Dialog title={words.playSoFar} onClose={() => setOpen(false)}>
          <Showing story={story} scenes={scenes} isReady={isReady} />
        </Dialog>
      )}
    </>
  );
}

interface ShowingProps {
  readonly story: Story;
  readonly scenes: readonly Playable[];
  readonly isReady: boolean;
}

function Showing({ story, scenes, isReady }: ShowingProps) {
  const words = t();
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set());
  const [at, setAt] = useState<number>();
  const [hasCaptions, setCaptions] = useState(true);
  const unseen = scenes.filter(({ n }) => !seen.has(n));
  // A scene that is finished late is shown after the scenes that follow it.
  const next = unseen.find(({ n }) => n > Math.max(0, ...seen)) ?? unseen[0];
  const shown = scenes.find(({ n }) => n === at) ?? next;
  const showNext = () => {
    if (shown) setSeen(new Set([...seen, shown.n]));
    setAt(undefined);
  };
  const isOver = isReady || (story.status !== undefined && isFinal(story.status));
  return (
    <div class="theatre so-far">
      {shown ? (
        <ShownScene key={shown.n} story={story} scene={shown} onEnd={showNext} />
      ) : (
        <p class="so-far-wait" role="status">
          {isReady ? words.filmReady : isOver ? words.soFarAll : words.soFarWaits}
        </p>
      )}
      {hasCaptions && shown && (
        <p class="caption" tabIndex={0} lang={story.view.value?.language ?? language.value} dir="auto">
          {shown.narration}
        </p>
      )}
      <div class="film-foot">
        <ol class="chapters" aria-label={words.chapters}>
          {scenes.map(({ n, narration }) => (
            <li key={n}>
              <button
                type="button"
                class="link"
                title={narration}
                aria-label={words.sceneNumber(n)}
                aria-current={n === shown?.n || undefined}
                onClick={() => setAt(n)}
              >
                {n}
              </button>
            </li>
          ))}
        </ol>
        <label class="check">
          <input type="checkbox" checked={hasCaptions} onChange={(event) => setCaptions(event.currentTarget.checked)} />
          {words.captions}
        </label>
      </div>
    </div>
  );
}

interface ShownSceneProps {
  readonly story: Story;
  readonly scene: Playable;
  readonly onEnd: () => void;
}

function ShownScene({ story, scene, onEnd }: ShownSceneProps) {
  const words = t();
  const { n, clip, image = '', duration, narration } = scene;
  useEffect(() => {
    if (clip !== undefined) return;
    const timer = setTimeout(onEnd, duration * 1_000);
    return () => clearTimeout(timer);
  }, [clip, duration]);
  if (clip === undefined) return <img src={story.media(image)} alt={narration} />;
  return (
    <video
      src={story.media(clip)}
      poster={image === '' ? undefined : story.media(image)}
      controls
      autoPlay
      playsInline
      aria-label={words.named(words.player, words.sceneNumber(n))}
      onEnded={onEnd}
      onError={onEnd}
    />
  );
}
