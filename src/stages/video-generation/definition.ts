import { CameraMovement, GeneratedImage } from '../../entities';
import { laneId, StoryreelError } from '../../protocol';
import { mediaKey } from '../../storage';
import { wordsOfMove } from '../camera-movement/words-of-move';
import type { VideoStage } from '../definition';
import { sceneOf } from '../context';
import { prompt } from './prompt';

/** The move of a scene whose camera move was skipped. */
const STILL = { movement: 'static', speed: 'slow' } as const;

/**
 * Moves a scene's image as its camera move describes. The request is one job at the provider, which the runner follows.
 */
export const videoGeneration: VideoStage = {
  name: 'video_generation',
  kind: 'video',
  item: 'video',
  template: prompt,

  async variables(context) {
    const scene = sceneOf(context);
    const camera = context.skipped.has(laneId('camera_movement', scene.sequenceNumber))
      ? STILL
      : await context.manager.findOneBy(CameraMovement, { sceneId: scene.id });
    if (!camera) throw new StoryreelError('Project.Invalid', 'The clip needs the camera move of its scene.');
    const words = 'text' in camera ? wordsOfMove(camera) : undefined;
    return { visual_prompt: scene.visualPrompt, movement: words ?? camera.movement, speed: camera.speed };
  },

  async source(context) {
    const scene = sceneOf(context);
    const image = context.skipped.has(laneId('image_generation', scene.sequenceNumber))
      ? null
      : await context.manager.findOneBy(GeneratedImage, { sceneId: scene.id });
    if (!image) throw new StoryreelError('Project.Invalid', 'The clip needs the image of its scene.');
    return {
      imageKey: mediaKey(image.sha256, image.mediaType),
      mediaType: image.mediaType,
      seconds: scene.durationSeconds,
    };
  },
};
