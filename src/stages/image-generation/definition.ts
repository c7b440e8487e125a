import { GeneratedImage } from '../../entities';
import { mediaKey } from '../../storage';
import type { ImageStage } from '../definition';
import { sceneOf } from '../context';
import { settingsOf } from '../settings';
import { prompt } from './prompt';

/** Draws one image per scene. */
export const imageGeneration: ImageStage = {
  name: 'image_generation',
  kind: 'image',
  item: 'image',
  template: prompt,

  variables(context) {
    const scene = sceneOf(context);
    return Promise.resolve({
      visual_prompt: scene.visualPrompt,
      shot_type: scene.shotType,
      style: settingsOf(context.project).style,
    });
  },

  async save(context, image, settlement) {
    await context.manager.upsert(
      GeneratedImage,
      {
        projectId: context.project.id,
        sceneId: sceneOf(context).id,
        sha256: image.sha256,
        mediaType: image.mediaType,
        bytes: image.bytes,
        width: image.width,
        height: image.height,
        prompt: image.prompt,
        model: settlement.model,
        inputHash: settlement.inputHash,
        fence: settlement.fence,
      },
      ['sceneId'],
    );
  },

  async stored(context) {
    const row = await context.manager.findOneBy(GeneratedImage, { sceneId: sceneOf(context).id });
    if (!row) return undefined;
    return {
      sha256: row.sha256,
      bytes: row.bytes,
      metadata: {
        asset: mediaKey(row.sha256, row.mediaType),
        sha256: row.sha256,
        media_type: row.mediaType,
        width: row.width,
        height: row.height,
      },
    };
  },
};
