import { z } from 'zod';
import { firstBytes, MAX_SCENES } from '../../protocol';
import { UnusableOutput, type JsonSchema } from '../definition';
import { readShape } from '../read-shape';

const DEFAULT_SECONDS = 3;

const words = (longest: number) =>
  z
    .string('must be a text')
    .trim()
    .min(1, 'must not be empty')
    .max(longest, `must be at most ${longest} characters long`);

const scene = z.object({
  scene_number: z.coerce.number('must be a number').int('must be a whole number').min(1, 'must be 1 or more'),
  narration: words(2_000),
  visual_prompt: words(4_000),
  shot_type: z
    .string()
    .trim()
    .toLowerCase()
    .transform((text) => firstBytes(text.replace(/[\s-]+/g, '_'), 40) || 'wide')
    .default('wide'),
  duration: z.coerce
    .number('must be a number of seconds')
    .min(0.5, 'must be at least 0.5 seconds')
    .max(60, 'must be at most 60 seconds')
    .default(DEFAULT_SECONDS),
});

const storyboard = z.object({
  scenes: z
    .array(scene, 'must be a list of scenes')
    .min(1, 'must hold at least one scene')
    .max(MAX_SCENES, `must hold at most ${MAX_SCENES} scenes`),
});

export type StoryboardScene = z.output<typeof scene>;

/** Reads a storyboard. Scenes come back in order and numbered from 1 without gaps, whatever numbers the model gave them. */
export function parseStoryboard(answer: string): StoryboardScene[] {
  const { scenes } = readShape(answer, storyboard);
  const numbers = new Set(scenes.map(({ scene_number }) => scene_number));
  if (numbers.size < scenes.length) throw new UnusableOutput(['scene_number: two scenes have the same number']);
  return [...scenes]
    .sort((a, b) => a.scene_number - b.scene_number)
    .map((parsed, i) => ({ ...parsed, scene_number: i + 1 }));
}

/** For servers that hold a model to a JSON schema. Lengths are bounded, because a small model may not find an end itself. */
export function storyboardSchema(scenes: number): JsonSchema {
  return {
    name: 'storyboard',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['scenes'],
      properties: {
        scenes: {
          type: 'array',
          minItems: scenes,
          maxItems: scenes,
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['scene_number', 'narration', 'visual_prompt', 'shot_type', 'duration'],
            properties: {
              scene_number: { type: 'integer' },
              narration: { type: 'string', minLength: 1, maxLength: 400 },
              visual_prompt: { type: 'string', minLength: 1, maxLength: 400 },
              shot_type: { enum: ['wide', 'medium', 'close_up', 'aerial', 'low_angle', 'over_shoulder'] },
              duration: { enum: [2, 2.5, 3, 3.5, 4, 5, 6] },
            },
          },
        },
      },
    },
  };
}
