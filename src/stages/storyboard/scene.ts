import { z } from 'zod';
import { SCENE_BOUNDS, type SceneFields } from '../../protocol';

const { seconds: SECONDS } = SCENE_BOUNDS;

const words = (longest: number) =>
  z.string().min(1, 'must not be empty').max(longest, `must be at most ${longest} characters long`);

/** The schema of each field, with its bounds. Answers, orders to a model and edits are made from it. */
type Shape = { readonly [Name in keyof SceneFields]: z.ZodType<SceneFields[Name]> };

/** A scene as the storyboard has it. */
export const SCENE = z.object({
  scene_number: z.number('must be a whole number').int('must be a whole number').min(1, 'must be 1 or more'),
  narration: words(SCENE_BOUNDS.narration),
  visual_prompt: words(SCENE_BOUNDS.visualPrompt),
  shot_type: words(SCENE_BOUNDS.shotType),
  duration: z
    .number('must be a number of seconds')
    .min(SECONDS.least, `must be at least ${SECONDS.least} seconds`)
    .max(SECONDS.most, `must be at most ${SECONDS.most} seconds`),
} satisfies Shape);

/** What a scene has if its writer leaves it out. */
export const SCENE_DEFAULTS = { shot_type: 'wide', duration: SECONDS.usual } as const;

/** `close_up` for `Close-Up`. */
export function inSnakeCase(name: string): string {
  return name.toLowerCase().replace(/[\s-]+/g, '_');
}
