import { IsNull, MoreThan, Not, type EntityManager } from 'typeorm';
import { Lane, Scene } from '../../entities';
import { type SceneIds, type ProjectId } from '../../protocol';
import type { StageContext } from '../definition';
import type { StoryboardScene } from './parser';

/** Scenes keep their row, and with it their media, as long as their number exists; scenes beyond the last one go with theirs. */
export async function saveScenes(
  { manager, project }: StageContext,
  scenes: readonly StoryboardScene[],
): Promise<void> {
  const projectId = project.id;
  await manager.delete(Scene, { projectId, sequenceNumber: MoreThan(scenes.length) });
  await manager.upsert(
    Scene,
    scenes.map((scene) => ({
      projectId,
      sequenceNumber: scene.scene_number,
      narration: scene.narration,
      visualPrompt: scene.visual_prompt,
      shotType: scene.shot_type,
      durationSeconds: scene.duration,
    })),
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

/** In their order. */
export function numbersOf(ids: SceneIds): number[] {
  return Object.keys(ids).map(Number);
}
