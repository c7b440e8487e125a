import { Film, GeneratedVideo, Scene } from '../../entities';
import { StoryreelError } from '../../protocol';
import { mediaKey } from '../../storage';
import type { FilmStage } from '../definition';

/** Joins the clips in scene order. */
export const film: FilmStage = {
  name: 'film',
  kind: 'film',

  async clips({ manager, project }) {
    const scenes = await manager.find(Scene, { where: { projectId: project.id }, order: { sequenceNumber: 'ASC' } });
    const videos = await manager.findBy(GeneratedVideo, { projectId: project.id, status: 'completed' });
    const byScene = new Map(videos.map((video) => [video.sceneId, video]));
    return scenes.map((scene) => {
      const video = byScene.get(scene.id);
      if (!video?.sha256) {
        throw new StoryreelError('Project.Invalid', `The film needs the clip of scene ${scene.sequenceNumber}.`);
      }
      return {
        key: mediaKey(video.sha256, video.mediaType ?? ''),
        sha256: video.sha256,
        seconds: video.durationSeconds ?? scene.durationSeconds,
        narration: scene.narration,
      };
    });
  },

  async save({ manager, project }, made, settlement) {
    await manager.upsert(
      Film,
      {
        projectId: project.id,
        sha256: made.sha256,
        mediaType: made.mediaType,
        bytes: made.bytes,
        durationSeconds: made.durationSeconds,
        width: made.width,
        height: made.height,
        sceneCount: made.scenes,
        inputHash: settlement.inputHash,
        fence: settlement.fence,
        path: made.key,
      },
      ['projectId'],
    );
  },

  async stored({ manager, project }) {
    const row = await manager.findOneBy(Film, { projectId: project.id });
    if (!row) return undefined;
    return {
      sha256: row.sha256,
      bytes: row.bytes,
      metadata: {
        asset: row.path,
        media_type: row.mediaType,
        duration: row.durationSeconds,
        scenes: row.sceneCount,
      },
    };
  },
};
