import { laneId, laneOfRole } from '../../src/protocol';
import type { EditableScene } from '../api/types';
import { t } from '../i18n';
import { Status } from '../parts/status';
import type { Story } from '../story/story';
import { LaneText } from '../text/lane-text';
import { EditField } from './edit-field';
import { LaneStop } from './lane-stop';
import { ProofMark } from './proof';
import { SceneOrder } from './scene-order';
import { laneStatus, SCENE_STAGES } from './storyboard';

const FIELDS = ['narration', 'visual_prompt', 'shot_type', 'duration'] as const;

/** All of one scene, with each text to be changed in place. */
export function SceneDetail({ story, scene }: { readonly story: Story; readonly scene: number | undefined }) {
  const words = t();
  const editable = story.editable.value;
  const found = editable?.scenes.find(({ scene_number: n }) => n === scene);
  if (scene === undefined || !editable || !found) return <p class="quiet-text">{words.selectScene}</p>;
  const labels = {
    narration: words.narration,
    visual_prompt: words.visualPrompt,
    shot_type: words.shotType,
    duration: words.duration,
  };
  const camera = laneOfRole('camera', scene);
  const isMoving = laneStatus(story, camera) === 'processing';
  return (
    <div class="scene-detail">
      <h3>{words.sceneNumber(scene)}</h3>
      <SceneOrder key={scene} story={story} scene={scene} />
      {FIELDS.map((field) => (
        <div key={field} class="detail">
          <p class="label">{labels[field]}</p>
          <p>{field === 'duration' ? words.seconds(found.duration) : shown(field, found[field])}</p>
          <EditField
            story={story}
            field={`scenes.${scene}.${field}`}
            label={`${words.edit}: ${labels[field]}`}
            short={words.edit}
            value={String(found[field])}
            version={editable.version}
            number={field === 'duration'}
            changes={(value) => ({ scenes: [changeOf(scene, field, value)] })}
          />
        </div>
      ))}
      <div class="detail">
        <p class="label">
          {words.camera} <ProofMark story={story} lane={camera} />
        </p>
        {found.camera && (
          <p>
            {found.camera.movement.replaceAll('_', ' ')} · {found.camera.speed}
          </p>
        )}
        {(isMoving || !found.camera) && (
          <LaneText model={story.model} lane={camera} isLive={isMoving} label={`${words.camera} ${scene}`} calm />
        )}
      </div>
      <ul class="plain">
        {SCENE_STAGES.map((stage) => (
          <li key={stage}>
            {words.stage(stage)} <Status status={laneStatus(story, laneId(stage, scene))} />
            <LaneStop story={story} lane={laneId(stage, scene)} keys="c" />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The kinds of shots are names. */
function shown(field: string, value: unknown): string {
  return field === 'shot_type' ? String(value).replaceAll('_', ' ') : String(value);
}

function changeOf(scene: number, field: (typeof FIELDS)[number], value: string): Partial<EditableScene> {
  return { scene_number: scene, [field]: field === 'duration' ? Number(value) : value };
}
