import { laneId, laneOfRole } from '../../src/protocol';
import { t } from '../i18n';
import { Status } from '../parts/status';
import type { Story } from '../story/story';
import { LaneText } from '../text/lane-text';
import { Before } from './before';
import { EditField } from './edit-field';
import { FilmDetail } from './film-detail';
import { LaneStop } from './lane-stop';
import { MakeAgain } from './make-again';
import { ProofMark } from './proof';
import { SCENE_FIELDS, type SceneField } from './scene-fields';
import { SceneOrder } from './scene-order';
import { laneStatus, SCENE_STAGES } from './storyboard';

/** All of one scene, with each text to be changed in place. Before one is chosen, what belongs to the whole film. */
export function SceneDetail({ story, scene }: { readonly story: Story; readonly scene: number | undefined }) {
  const words = t();
  const found = story.editable.value?.scenes.find(({ scene_number: n }) => n === scene);
  if (scene === undefined || !found) return <FilmDetail story={story} />;
  const camera = laneOfRole('camera', scene);
  const isMoving = laneStatus(story, camera) === 'processing';
  return (
    <div class="scene-detail">
      <h3>{words.sceneNumber(scene)}</h3>
      <SceneOrder key={scene} story={story} scene={scene} />
      <Before story={story} scene={scene} />
      {SCENE_FIELDS.map((field) => {
        const value = field.read(found);
        return value === undefined ? null : (
          <Field key={`${scene}/${field.name}`} story={story} scene={scene} field={field} value={value} />
        );
      })}
      {(isMoving || !found.camera) && (
        <LaneText model={story.model} lane={camera} isLive={isMoving} label={`${words.camera} ${scene}`} calm />
      )}
      <ul class="scene-lanes">
        {SCENE_STAGES.map((stage) => (
          <li key={stage}>
            <span>{words.stage(stage)}</span>
            <Status status={laneStatus(story, laneId(stage, scene))} />
            {laneId(stage, scene) === camera && <ProofMark story={story} lane={camera} />}
            <LaneStop story={story} lane={laneId(stage, scene)} keys="c" />
          </li>
        ))}
      </ul>
      <MakeAgain key={scene} story={story} scene={scene} />
    </div>
  );
}

interface FieldProps {
  readonly story: Story;
  readonly scene: number;
  readonly field: SceneField;
  readonly value: string;
}

function Field({ story, scene, field: { name, label, read, change, shown, offered, isNumber }, value }: FieldProps) {
  const words = t();
  return (
    <div class="detail">
      <p class="label">{words[label]}</p>
      <p lang={name === 'narration' ? story.view.value?.language : undefined} dir="auto">
        {shown(value)}
      </p>
      <EditField
        story={story}
        field={`scenes.${scene}.${name}`}
        label={words.named(words.edit, words[label])}
        short={words.edit}
        read={({ scenes }) => {
          const present = scenes.find(({ scene_number: n }) => n === scene);
          return present && read(present);
        }}
        changes={(next) => ({ scenes: [{ scene_number: scene, ...change(next) }] })}
        number={isNumber}
        // The present word of the scene may be another one than those that are offered.
        choices={offered && [...new Set([...offered, value])].map((word) => [word, shown(word)] as const)}
      />
    </div>
  );
}
