import { IsNull, MoreThan, Not, type EntityManager } from 'typeorm';
import { Lane, Scene } from '../../entities';
import type { ProjectId, SceneFields, SceneIds } from '../../protocol';
import type { StageContext } from '../definition';

/** Scenes keep their row, and with it their media, as long as their number exists; scenes beyond the last one go with theirs. */
export async function saveScenes({ manager, project }: StageContext, scenes: readonly SceneFields[]): Promise<void> {
  const projectId = project.id;
  await manager.delete(Scene, { projectId, sequenceNumber: MoreThan(scenes.length) });
  await manager.upsert(
    Scene,
    scenes.map((scene) => ({ projectId, sequenceNumber: scene.scene_number, ...columnsOf(scene) })),
    ['projectId', 'sequenceNumber'],
  );
  // A person's approval of the earlier scenes does not apply to the new ones.
  await manager.update(Lane, { projectId, sequenceNumber: Not(IsNull()) }, { acceptsInputs: false });
}

export async function sceneIds(manager: EntityManager, projectId: ProjectId): Promise<SceneIds> {
  const scenes = await manager.find(Scene, {
    select: { id: true, sequenceNumber: true },
    where: { projectId },
    order: { sequenceNumber: 'ASC' },
  });
  return Object.fromEntries(scenes.map(({ id, sequenceNumber }) => [sequenceNumber, id]));
}

/** What a scene has, in the columns of its row; its number is given by its place. */
export function columnsOf({ narration, visual_prompt, shot_type, duration }: Omit<SceneFields, 'scene_number'>) {
  return { narration, visualPrompt: visual_prompt, shotType: shot_type, durationSeconds: duration };
}

/** A row as the storyboard's text has it. */
export function fieldsOf(scene: Scene): SceneFields {
  return {
    scene_number: scene.sequenceNumber,
    narration: scene.narration,
    visual_prompt: scene.visualPrompt,
    shot_type: scene.shotType,
    duration: scene.durationSeconds,
  };
}

/** In their order. */
export function numbersOf(ids: SceneIds): number[] {
  return Object.keys(ids).map(Number);
}
