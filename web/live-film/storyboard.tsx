import { laneId, laneOfRole, laneParts, stageOfRole, STATUS_MARKS, type LaneStatus } from '../../src/protocol';
import { t } from '../i18n';
import { money } from '../i18n/format';
import { Status } from '../parts/status';
import type { Story } from '../story/story';
import { LaneText } from '../text/lane-text';
import { LaneWaits } from './lane-waits';
import { isStale } from './next-run';

interface StoryboardProps {
  readonly story: Story;
  readonly chosen: number | undefined;
  readonly onChoose: (scene: number) => void;
}

const BOARD = laneOfRole('scenes');
export const SCENE_STAGES = (['image', 'camera', 'clip'] as const).map((role) => stageOfRole(role).name);

/** One card for each scene: its picture, its texts, and the status of image, camera and clip. */
export function Storyboard({ story, chosen, onChoose }: StoryboardProps) {
  const words = t();
  const scenes = story.model.now.scenes;
  const status = laneStatus(story, BOARD);
  return (
    <section class="storyboard" id="storyboard" aria-labelledby="storyboard-title">
      <header>
        <h2 id="storyboard-title">{words.storyboard}</h2>
        <Status status={status} />
      </header>
      {scenes.length === 0 && status === 'processing' && (
        <LaneText model={story.model} lane={BOARD} isLive={!story.isAway} label={words.storyboard} calm />
      )}
      {scenes.length === 0 && status !== 'processing' && (
        <p class="quiet-text">{status === 'completed' ? words.loading : words.noScenes}</p>
      )}
      <ul class="cards">
        {scenes.map(({ scene_number: n, narration, visual_prompt: prompt, shot_type: shot, duration }) => {
          const image = story.model.asset(n, 'image');
          const clip = story.model.asset(n, 'clip');
          return (
            <li key={n} id={`scene-${n}`} class={n === chosen ? 'card chosen' : 'card'}>
              <div class="frame">
                {clip ? (
                  <video
                    src={story.media(clip.sha256)}
                    poster={image && story.media(image.sha256)}
                    muted
                    loop
                    playsInline
                    preload="none"
                    aria-label={words.named(words.clip, prompt)}
                    onMouseEnter={(event) => play(event.currentTarget)}
                    onMouseLeave={(event) => event.currentTarget.pause()}
                  />
                ) : image ? (
                  <img src={story.media(image.sha256)} alt={prompt} loading="lazy" />
                ) : (
                  <span class="frame-empty" aria-hidden="true">
                    {n}
                  </span>
                )}
                {!story.isWatched && <LaneWaits short story={story} of={(lane) => laneParts(lane).scene === n} />}
              </div>
              <h3>
                <button type="button" class="link" aria-pressed={n === chosen} onClick={() => onChoose(n)}>
                  {words.sceneNumber(n)}
                </button>
                <span class="quiet-text">
                  {words.shotName(shot)} · {words.seconds(duration)}
                </span>
              </h3>
              <p class="narration" lang={story.view.value?.language} dir="auto">
                {narration}
              </p>
              <SceneRail story={story} scene={n} />
              {!story.isWatched && <SceneCost story={story} scene={n} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Image, camera and clip of one scene. */
export function SceneRail({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const words = t();
  return (
    <ol class="rail three">
      {SCENE_STAGES.map((stage) => {
        const lane = laneId(stage, scene);
        const status: LaneStatus = laneStatus(story, lane);
        const isOld = status === 'completed' && isStale(story, lane);
        const state = isOld ? words.stale : words.status(status);
        return (
          <li
            key={stage}
            class={`segment status-${status}${isOld ? ' stale' : ''}`}
            title={words.named(words.stage(stage), state)}
          >
            <span aria-hidden="true">
              {isOld ? '≠' : STATUS_MARKS[status]} {words.stage(stage)}
            </span>
            <span class="sr-only">{words.named(words.stage(stage), state)}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** The cost of all lanes of the scene in all runs, with what was wasted. It keeps its line for it if any price is known. */
function SceneCost({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const { lanes = [], usage } = story.view.value ?? {};
  const costs = lanes.flatMap(({ lane, cost }) =>
    cost !== undefined && laneParts(lane).scene === scene ? [cost] : [],
  );
  if (usage?.cost === undefined) return null;
  return (
    <p class="scene-cost quiet-text">
      {costs.length > 0 && t().costSoFar(money(costs.reduce((sum, cost) => sum + cost)))}
    </p>
  );
}

export function laneStatus(story: Story, lane: string): LaneStatus {
  const seen = story.model.lane(lane)?.status;
  const stored = story.view.value?.lanes.find((each) => each.lane === lane)?.status;
  return (story.isAway ? (stored ?? seen) : (seen ?? stored)) ?? 'pending';
}

function play(video: HTMLVideoElement): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  video.play().catch(() => undefined);
}
