import type { DataSource, EntityManager } from 'typeorm';
import { Film, GeneratedImage, GeneratedVideo, Scene, StageResult } from '../../entities';
import { stageOfRole, type ProjectId } from '../../protocol';

/** A picture, clip or film of a project. */
export interface ProjectMedia {
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** What is spoken, and for how long. */
export interface Caption {
  readonly scene: number;
  readonly seconds: number;
  readonly text: string;
}

/** What the project has of this content; undefined where it has none of it, whoever else has. */
export async function findMedia(
  dataSource: DataSource,
  projectId: ProjectId,
  sha256: string,
): Promise<ProjectMedia | undefined> {
  const where = { projectId, sha256 };
  for (const kind of [Film, GeneratedVideo, GeneratedImage, StageResult] as const) {
    const found = await dataSource.getRepository<ProjectMedia & { projectId: string }>(kind).findOneBy(where);
    // A text has no file.
    if (found?.mediaType) return { sha256, bytes: found.bytes, mediaType: found.mediaType };
  }
  return undefined;
}

/** The narration of what the film shows, in its order; without a film, of all scenes, each for as long as it is meant to be. */
export function captionsOf(dataSource: DataSource, projectId: ProjectId): Promise<Caption[]> {
  return dataSource.transaction('REPEATABLE READ', async (manager: EntityManager) => {
    const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
    const film = await manager.findOneBy(Film, { projectId });
    const clips = await manager.findBy(GeneratedVideo, {
      ...{ projectId, status: 'completed' as const, stage: stageOfRole('clip').name },
    });
    const lengths = new Map(clips.map(({ sceneId, durationSeconds }) => [sceneId, durationSeconds]));
    return scenes
      .filter(({ sequenceNumber }) => !film?.missingScenes.includes(sequenceNumber))
      .map(({ id, sequenceNumber, narration, durationSeconds }) => {
        const isClip = film && !film.stills.includes(sequenceNumber);
        const seconds = (isClip ? lengths.get(id) : undefined) ?? durationSeconds;
        return { scene: sequenceNumber, seconds, text: narration };
      });
  });
}
