import { GeneratedImage, GeneratedVideo, Scene } from '../../entities';
import { laneId, StoryreelError } from '../../protocol';
import { mediaKey } from '../../storage';
import { settingsOf } from '../settings';
import type { FilmPart, FilmPlan, StageContext } from '../definition';

/**
 * The film's part for each scene: its clip or, if that was skipped, its image for the length of the scene. A scene with
 * neither is left out. An earlier run's result of a lane that is skipped now is not used.
 */
export async function filmPlanOf({ manager, project, skipped }: StageContext): Promise<FilmPlan> {
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
