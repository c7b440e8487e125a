import { CameraMovement } from '../../entities';
import type { TextStage } from '../definition';
import { sceneOf } from '../context';
import { settingsOf } from '../settings';
import { cameraSchema, parseCamera, type CameraChoice } from './parser';
import { prompt } from './prompt';

/** Chooses how the camera moves in a scene. */
export const cameraMovement: TextStage<CameraChoice> = {
  name: 'camera_movement',
  kind: 'text',
  item: 'camera',
  template: prompt,
  maxTokens: () => 300,
  temperature: 0.6,
  positionVariables: ['scene_number'],

  variables(context) {
    const scene = sceneOf(context);
    return Promise.resolve({
      scene_number: scene.sequenceNumber,
      scenes: settingsOf(context.project).scenes,
      narration: scene.narration,
      visual_prompt: scene.visualPrompt,
      shot_type: scene.shotType,
      duration: scene.durationSeconds,
    });
  },

  schema: () => cameraSchema,
  parse: (text, _variables, checks) => parseCamera(text, checks),

  async save(context, choice, { text, sha256, bytes }, settlement) {
    await context.manager.upsert(
      CameraMovement,
      {
        projectId: context.project.id,
        sceneId: sceneOf(context).id,
        movement: choice.movement,
        speed: choice.speed,
        reason: choice.reason ?? null,
        text,
        sha256,
        textBytes: bytes,
        inputHash: settlement.inputHash,
        fence: settlement.fence,
      },
      ['sceneId'],
    );
  },

  async stored(context) {
    const row = await context.manager.findOneBy(CameraMovement, { sceneId: sceneOf(context).id });
    if (!row) return undefined;
    return {
      text: row.text,
      sha256: row.sha256,
      bytes: row.textBytes,
      metadata: { movement: row.movement, speed: row.speed },
    };
  },
};
