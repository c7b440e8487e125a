import type { DataSource, EntityManager } from 'typeorm';
import { Film, GeneratedImage, GeneratedVideo, Scene, StageResult } from '../../entities';
import { stageOfRole, type ProjectId } from '../../protocol';

/** A picture, clip or film of a project. */
export interface ProjectMedia {
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** A spoken text, and its duration. */
export interface Caption {
  readonly scene: number;
  readonly seconds: number;
  readonly text: string;
}

/** The project's media with this content; undefined if the project has none, even if another project has. */
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

/**
 * The narration of the film's scenes, in the film's order. Without a film: of all scenes, each with its planned length.
 */
export function captionsOf(dataSource: DataSource, projectId: ProjectId): Promise<Caption[]> {
  return dataSource.transaction('REPEATABLE READ', async (manager: EntityManager) => {
    const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
    const film = await manager.findOneBy(Film, { projectId });
    const clips = await manager.findBy(GeneratedVideo, {
      projectId,
      status: 'completed' as const,
      stage: stageOfRole('clip').name,
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
