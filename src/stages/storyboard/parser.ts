import { z } from 'zod';
import { firstBytes, MAX_SCENES, SCENE_BOUNDS, SHOT_TYPES, type SceneFields } from '../../protocol';
import { UnusableOutput, type JsonSchema, type TextChecks } from '../definition';
import { spoken } from '../markup';
import { readShape } from '../read-shape';
import { mustBeStory, mustNotRefuse } from '../story-checks';
import { looseScenes } from './loose-scenes';
import { inSnakeCase, SCENE, SCENE_DEFAULTS } from './scene';

/** Characters that move a cursor, or change the direction of the text after them, on any display. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

const cleaned = z
  .string('must be a text')
  .transform((text) => text.replace(CONTROLS, (found) => (found.includes('\n') ? '\n' : ' ')).trim());

/** A scene in an answer, which may write numbers as texts and leave out what has a default. */
const scene = SCENE.extend({
  scene_number: z.coerce.number('must be a number').pipe(SCENE.shape.scene_number),
  narration: cleaned.pipe(SCENE.shape.narration),
  visual_prompt: cleaned.pipe(SCENE.shape.visual_prompt),
  shot_type: z
    .string()
    .trim()
    .transform((text) => firstBytes(inSnakeCase(text), SCENE_BOUNDS.shotType) || SCENE_DEFAULTS.shot_type)
    .default(SCENE_DEFAULTS.shot_type),
  duration: z.coerce.number('must be a number of seconds').pipe(SCENE.shape.duration).default(SCENE_DEFAULTS.duration),
});

const storyboard = z.object({
  scenes: z
    .array(scene, 'must be a list of scenes')
    .min(1, 'must hold at least one scene')
    .max(MAX_SCENES, `must hold at most ${MAX_SCENES} scenes`),
});

/**
 * Reads a storyboard. Scenes are returned in order and numbered from 1 without gaps, whatever numbers the model gave
 * them. `variables`: the requested number of scenes, their story, and its language.
 */
export function parseStoryboard(
  answer: string,
  { scenes: asked, story, language }: Readonly<Record<string, unknown>> = {},
  checks: TextChecks = {},
): SceneFields[] {
  mustNotRefuse(answer, checks);
  const { scenes } = readShape(answer, { shape: storyboard, prepare: looseScenes });
  const numbers = new Set(scenes.map(({ scene_number }) => scene_number));
  if (numbers.size < scenes.length) throw new UnusableOutput(['scene_number: two scenes have the same number']);
  mustFit(scenes, Number(asked), checks);
  const checked = checks.markdown ? scenes.map((each) => ({ ...each, narration: spoken(each.narration) })) : scenes;
  mustCoverStory(checked, typeof story === 'string' ? story : '', checks, language);
  return [...checked]
    .sort((a, b) => a.scene_number - b.scene_number)
    .map((parsed, i) => ({ ...parsed, scene_number: i + 1 }));
}

/** How many scenes there are, and how long, decides what is paid for after this. */
function mustFit(scenes: readonly SceneFields[], asked: number, { sceneTolerance, maxSeconds }: TextChecks): void {
  if (sceneTolerance !== undefined && Math.abs(scenes.length - asked) > sceneTolerance) {
    throw new UnusableOutput([`scenes: there are ${scenes.length}, but exactly ${asked} were asked for`]);
  }
  const long = scenes.filter(({ duration }) => maxSeconds !== undefined && duration > maxSeconds);
  if (long.length > 0) throw new UnusableOutput([`duration: must be at most ${maxSeconds} seconds`]);
}

function mustCoverStory(scenes: readonly SceneFields[], story: string, checks: TextChecks, language: unknown): void {
  if (scenes.some(({ narration }) => narration === '')) throw new UnusableOutput(['narration: must be spoken words']);
  const text = scenes.map(({ narration }) => narration).join('\n');
  // The length of a scene's words is the model's choice, and what marks they had is off them.
  mustBeStory(text, story, { ...checks, length: false, markdown: false }, language);
}

/** What a model is asked for. Lengths are limited more than when reading, because a small model may never end. */
const ordered = z.strictObject({
  scene_number: SCENE.shape.scene_number.max(MAX_SCENES),
  narration: SCENE.shape.narration.max(400),
  visual_prompt: SCENE.shape.visual_prompt.max(400),
  shot_type: z.enum(SHOT_TYPES),
  duration: z.literal([2, 2.5, 3, 3.5, 4, 5, 6]),
} satisfies Record<keyof SceneFields, z.ZodType>);

/** For servers that make a model follow a JSON schema. */
export function storyboardSchema(scenes: number): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(z.strictObject({ scenes: z.array(ordered).length(scenes) }));
  return { name: 'storyboard', schema };
}
