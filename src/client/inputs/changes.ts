import { z } from 'zod';
import { CAMERA, inSnakeCase, SCENE, SCENE_DEFAULTS } from '../../planning';
import { isBlank, MAX_SCENES, storable, TEXT_BYTES } from '../../protocol';
import { frame, language } from './fields';
import { parse } from './read-input';
import { EMPTY, words as wordsInBytes } from './words';

const text = z.string('must be a text').transform(storable);
const body = text.refine((value) => !isBlank(value), EMPTY);

const trimmed = text.transform((value) => value.trim());

const { scene_number: sceneNumber, ...scene } = SCENE.shape;

const fields = {
  narration: trimmed.pipe(scene.narration),
  visual_prompt: trimmed.pipe(scene.visual_prompt),
  shot_type: trimmed.pipe(scene.shot_type).transform(inSnakeCase),
  duration: scene.duration,
} satisfies Record<keyof typeof scene, z.ZodType>;

const camera = CAMERA.partial();

const changed = z.strictObject({ ...fields, camera }).partial();

const newScene = z.strictObject({
  ...fields,
  shot_type: fields.shot_type.default(SCENE_DEFAULTS.shot_type),
  duration: fields.duration.default(SCENE_DEFAULTS.duration),
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
    .array(z.strictObject({ scene_number: sceneNumber, ...changed.shape }))
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
