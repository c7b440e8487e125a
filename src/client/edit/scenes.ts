import { CameraMovement, ProjectStage, Scene } from '../../entities';
import { columnsOf, fieldsOf, textHash } from '../../planning';
import { laneOfRole } from '../../protocol';
import type { Changes } from '../inputs';
import { mustBeIdle, type Editing } from './editing';
import { noScene, placeScenes, sceneOrder } from './scene-order';
import { settleText } from './edit-texts';

type SceneChange = NonNullable<Changes['scenes']>[number];
type CameraChange = NonNullable<SceneChange['camera']>;

const STORYBOARD = laneOfRole('scenes');

/** The edited parts of the scenes, by their new numbers. */
export interface EditedScenes {
  /** Something that their media are made from. */
  readonly fields: readonly number[];
  readonly cameras: readonly number[];
}

/**
 * Changes, removes, moves and adds scenes. Writes the storyboard's own text again, so that it describes the same
 * scenes.
 */
export async function editScenes(editing: Editing, changes: Changes): Promise<EditedScenes> {
  const { manager, projectId } = editing;
  const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const numbers = scenes.map(({ sequenceNumber }) => sequenceNumber);
  const before = editing.changed.length;
  const places = sceneOrder(numbers, changes);
  const fields: number[] = [];
  for (const change of changes.scenes ?? []) {
    const scene = scenes.find(({ sequenceNumber }) => sequenceNumber === change.scene_number);
    if (!scene) throw noScene(change.scene_number, numbers);
    if (await changeFields(editing, scene, change)) fields.push(scene.sequenceNumber);
  }
  const added = await placeScenes(editing, scenes, places);
  if (editing.changed.length > before) await writeStoryboard(editing);

  const placeOf = (number: number) => places.indexOf(number) + 1;
  const cameras: number[] = [];
  const moves = [
    ...(changes.scenes ?? []).map(({ scene_number, camera }) => [placeOf(scene_number), camera] as const),
    ...[...added].map(([number, { camera }]) => [number, camera] as const),
  ];
  for (const [number, camera] of moves) {
    if (camera && number > 0 && (await moveCamera(editing, number, camera))) cameras.push(number);
  }
  return { fields: fields.map(placeOf), cameras };
}

async function changeFields(editing: Editing, scene: Scene, change: SceneChange): Promise<boolean> {
  const known = fieldsOf(scene);
  const { narration = known.narration, visual_prompt = known.visual_prompt } = change;
  const { shot_type = known.shot_type, duration = known.duration } = change;
  const wanted = columnsOf({ narration, visual_prompt, shot_type, duration });
  const names = (Object.keys(wanted) as (keyof typeof wanted)[]).filter((name) => wanted[name] !== scene[name]);
  if (names.length === 0) return false;
  await editing.manager.update(Scene, { id: scene.id }, wanted);
  editing.changed.push(`${names.join(', ')} of scene ${scene.sequenceNumber}`);
  return true;
}

/** The answer that the model would have given for the move. Kept until the scene changes. */
async function moveCamera(editing: Editing, number: number, change: CameraChange): Promise<boolean> {
  const { manager, projectId } = editing;
  const scene = await manager.findOneByOrFail(Scene, { projectId, sequenceNumber: number });
  const known = await manager.findOneBy(CameraMovement, { sceneId: scene.id });
  const movement = change.movement ?? known?.movement ?? 'static';
  const speed = change.speed ?? known?.speed ?? 'medium';
  if (movement === known?.movement && speed === known.speed) return false;
  const text = JSON.stringify({ movement, speed });
  const { sha256, bytes } = textHash(text);
  const replaced = { lane: laneOfRole('camera', number), before: known?.text, text };
  const fence = await settleText(editing, replaced, { movement, speed });
  const inputHash = known?.inputHash ?? '';
  await manager.upsert(
    CameraMovement,
    { projectId, sceneId: scene.id, movement, speed, reason: null, text, sha256, textBytes: bytes, inputHash, fence },
    ['sceneId'],
  );
  editing.changed.push(`camera of scene ${number}`);
  return true;
}

async function writeStoryboard(editing: Editing): Promise<void> {
  const { manager, projectId } = editing;
  mustBeIdle(editing, STORYBOARD);
  const known = await manager.findOneBy(ProjectStage, { projectId, stage: STORYBOARD });
  const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const text = JSON.stringify({ scenes: scenes.map(fieldsOf) });
  await settleText(editing, { lane: STORYBOARD, before: known?.text ?? undefined, text });
}
