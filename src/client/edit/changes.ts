import { z } from 'zod';
import { CAMERA_MOVEMENTS, CAMERA_SPEEDS, MAX_SCENES, SCENE_BOUNDS, storable, TEXT_BYTES } from '../../protocol';
import { frame, language, parse, words as wordsInBytes } from '../projects/inputs';

const { seconds: SECONDS } = SCENE_BOUNDS;

const text = z.string('must be a text').transform(storable);
const notEmpty = (value: string) => value.trim() !== '';
const body = text.refine(notEmpty, 'must not be empty');

const words = (longest: number) =>
  text
    .transform((value) => value.trim())
    .refine(notEmpty, 'must not be empty')
    .refine((value) => value.length <= longest, `must be at most ${longest} characters long`);

const oneOf = <const Words extends readonly string[]>(choices: Words) =>
  z
    .string('must be a text')
    .transform((value) =>
      value
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_'),
    )
    .pipe(z.enum(choices, `must be one of ${choices.join(', ')}`));

const sceneNumber = z.int('must be a whole number').min(1, 'must be 1 or more');

const fields = {
  narration: words(SCENE_BOUNDS.narration),
  visual_prompt: words(SCENE_BOUNDS.visualPrompt),
  shot_type: words(SCENE_BOUNDS.shotType).transform((value) => value.toLowerCase().replace(/[\s-]+/g, '_')),
  duration: z
    .number('must be a number of seconds')
    .min(SECONDS.least, `must be at least ${SECONDS.least} seconds`)
    .max(SECONDS.most, `must be at most ${SECONDS.most} seconds`),
};

const camera = z.strictObject({ movement: oneOf(CAMERA_MOVEMENTS), speed: oneOf(CAMERA_SPEEDS) }).partial();

const newScene = z.strictObject({
  ...fields,
  shot_type: fields.shot_type.default('wide'),
  duration: fields.duration.default(SECONDS.usual),
  camera: camera.required({ movement: true }).optional(),
  /** The place in the film that it shall have; default: after the last one. */
  at: sceneNumber.optional(),
});

/** The changes that a person may make, as a schema. */
export const CHANGES = z.strictObject({
  topic: wordsInBytes(TEXT_BYTES.topic).optional(),
  /** Null takes the setting back. */
  settings: z.strictObject({ language: language.nullable(), frame: frame.nullable() }).partial().optional(),
  /** The whole rewritten story. */
  rewrite: body.optional(),
  /** An unfinished text that the model continues from this content. */
  text: z.strictObject({ lane: wordsInBytes(TEXT_BYTES.lane), content: body }).optional(),
  /** By the present numbers of the scenes; a scene that is left out stays as it is. */
  scenes: z
    .array(z.strictObject({ scene_number: sceneNumber, ...fields, camera }).partial(omitNumber()))
    .max(MAX_SCENES, `must be at most ${MAX_SCENES}`)
    .readonly()
    .optional(),
  remove: z.array(sceneNumber).max(MAX_SCENES, `must be at most ${MAX_SCENES}`).readonly().optional(),
  add: z.array(newScene).max(MAX_SCENES, `must be at most ${MAX_SCENES}`).readonly().optional(),
  /** The numbers that the scenes have now, in the order that they shall have. */
  order: z.array(sceneNumber).max(MAX_SCENES, `must be at most ${MAX_SCENES}`).readonly().optional(),
});

/** The changes that a person wants; everything that is left out stays as it is. Glossary: edit. */
export type ProjectChanges = z.input<typeof CHANGES>;
export type Changes = z.output<typeof CHANGES>;
export type NewScene = z.output<typeof newScene>;

/** Throws `Project.Invalid` with what is wrong, in one line. */
export function readChanges(input: unknown): Changes {
  return parse('the edit', CHANGES, input);
}

/** All fields of a scene but its number may be left out. */
function omitNumber() {
  return { narration: true, visual_prompt: true, shot_type: true, duration: true, camera: true } as const;
}
