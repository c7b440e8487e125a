import { Film, GeneratedImage, GeneratedVideo, Scene } from '../../entities';
import { laneId, StoryreelError } from '../../protocol';
import { mediaKey } from '../../storage';
import type { FilmPart, FilmPlan, FilmStage, StageContext } from '../definition';
import { settingsOf } from '../settings';

/** Joins the scenes in their order. */
export const film: FilmStage = {
  name: 'film',
  kind: 'film',
  plan: filmPlanOf,

  async save({ manager, project }, { plan, ...made }, settlement) {
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
        sceneCount: plan.parts.length,
        stills: plan.parts.filter(({ kind }) => kind === 'still').map(({ scene }) => scene),
        missingScenes: [...plan.missing],
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
        sha256: row.sha256,
        media_type: row.mediaType,
        duration: row.durationSeconds,
        scenes: row.sceneCount,
        ...(row.stills.length > 0 && { stills: row.stills }),
        ...(row.missingScenes.length > 0 && { missing_scenes: row.missingScenes }),
      },
    };
  },
};

/**
 * The film's part for each scene: its clip or, if that was skipped, its image for the length of the scene. A scene with
 * neither is left out. An earlier run's result of a lane that is skipped now is not used.
 */
async function filmPlanOf({ manager, project, skipped }: StageContext): Promise<FilmPlan> {
  const projectId = project.id;
  const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const videos = await manager.findBy(GeneratedVideo, { projectId, stage: 'video_generation', status: 'completed' });
  const images = await manager.findBy(GeneratedImage, { projectId });
  const clips = new Map(videos.map((video) => [video.sceneId, video]));
  const pictures = new Map(images.map((image) => [image.sceneId, image]));

  const isSkipped = (stage: string, { sequenceNumber }: Scene) => skipped.has(laneId(stage, sequenceNumber));
  const found = scenes.map((scene): FilmPart | undefined => {
    if (!isSkipped('video_generation', scene)) return clipPart(scene, clips.get(scene.id));
    const picture = isSkipped('image_generation', scene) ? undefined : pictures.get(scene.id);
    return picture && stillPart(scene, picture);
  });
  const parts = found.filter((part) => part !== undefined);
  const missing = scenes.filter((_, i) => found[i] === undefined).map(({ sequenceNumber }) => sequenceNumber);
  if (parts.length === 0) {
    throw new StoryreelError(
      'Film.Empty',
      'There is nothing to join: every scene was skipped and has neither a clip nor an image. Start the project again.',
    );
  }
  const { language } = settingsOf(project);
  return { parts, missing, ...(language !== undefined && { language }) };
}

function clipPart(scene: Scene, video: GeneratedVideo | undefined): FilmPart {
  if (!video?.sha256) {
    throw new StoryreelError('Project.Invalid', `The film needs the clip of scene ${scene.sequenceNumber}.`);
  }
  return {
    scene: scene.sequenceNumber,
    kind: 'clip',
    key: mediaKey(video.sha256, video.mediaType ?? ''),
    sha256: video.sha256,
    seconds: video.durationSeconds ?? scene.durationSeconds,
    narration: scene.narration,
  };
}

function stillPart(scene: Scene, image: GeneratedImage): FilmPart {
  return {
    scene: scene.sequenceNumber,
    kind: 'still',
    key: mediaKey(image.sha256, image.mediaType),
    sha256: image.sha256,
    seconds: scene.durationSeconds,
    narration: scene.narration,
  };
}
