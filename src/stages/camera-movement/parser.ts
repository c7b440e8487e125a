import { z } from 'zod';
import { boundedLine, CAMERA_MOVEMENTS, CAMERA_SPEEDS, firstBytes } from '../../protocol';
import type { JsonSchema, TextChecks } from '../definition';
import { readShape } from '../read-shape';
import { inSnakeCase } from '../storyboard/scene';
import { mustNotRefuse } from '../story-checks';
import { MAX_WORDS, moveIn, speedIn } from './moves';

const oneOf = <const Words extends readonly string[]>(choices: Words) =>
  z
    .string('must be a text')
    .trim()
    .transform(inSnakeCase)
    .pipe(z.enum(choices, `must be one of ${choices.join(', ')}`));

/** How the camera moves, however the words are written. */
export const CAMERA = z.strictObject({ movement: oneOf(CAMERA_MOVEMENTS), speed: oneOf(CAMERA_SPEEDS) });

const camera = z.object({
  movement: CAMERA.shape.movement,
  speed: CAMERA.shape.speed.default('medium'),
  reason: z
    .string()
    .transform((text) => firstBytes(text, 500))
    .optional(),
  /** The move in the model's own words, if they are more than its name. */
  words: z.string().optional(),
});

export type CameraChoice = z.output<typeof camera>;

export function parseCamera(answer: string, checks: TextChecks = {}): CameraChoice {
  mustNotRefuse(answer, checks);
  return readShape(answer, { shape: camera, prepare: looseCamera });
}

/** The nearest move to what is described, one wrapper, and nothing in the place of what has a default. */
function looseCamera(value: unknown): unknown {
  const given = unwrapped(value);
  if (!given) return value;
  const { movement, speed, reason } = given;
  const words = Array.isArray(movement)
    ? movement.filter((each) => typeof each === 'string').join(', then ')
    : movement;
  const isName = typeof words !== 'string' || CAMERA.shape.movement.safeParse(words).success;
  const move = isName ? undefined : moveIn(words);
  const pace = typeof speed === 'string' ? (speedIn(speed) ?? speed) : undefined;
  const implied = pace ?? (move && typeof words === 'string' ? speedIn(words) : undefined);
  return {
    movement: move ?? words,
    ...(implied !== undefined && { speed: implied }),
    ...(speed != null && pace === undefined && { speed }),
    ...(typeof reason === 'string' && { reason }),
    ...(move && typeof words === 'string' && { words: boundedLine(words, MAX_WORDS) }),
  };
}

/** The object that names a movement, within one or two others or a list of one. */
function unwrapped(value: unknown, depth = 2): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const object = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(value) && object['movement'] !== undefined) return object;
  const within = Object.values(object);
  return depth > 0 && within.length === 1 ? unwrapped(within[0], depth - 1) : undefined;
}

export const cameraSchema: JsonSchema = {
  name: 'camera_movement',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['movement', 'speed', 'reason'],
    properties: {
      movement: { enum: CAMERA_MOVEMENTS },
      speed: { enum: CAMERA_SPEEDS },
      reason: { type: 'string', maxLength: 200 },
    },
  },
};
