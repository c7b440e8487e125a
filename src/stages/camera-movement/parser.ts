import { z } from 'zod';
import { boundedLine, CAMERA_MOVEMENTS, CAMERA_SPEEDS, firstBytes } from '../../protocol';
import type { JsonSchema, TextChecks } from '../definition';
import { fieldName, isObject, structureIn, type Fields } from '../loose-fields';
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
  const alone = answer.trim().replace(/^"|"$/g, '');
  if (alone.length <= MAX_WORDS && !/[{[]/.test(alone) && moveIn(alone)) {
    return camera.parse(looseCamera({ movement: alone.replace(/\.$/, '') }));
  }
  return readShape(answer, { shape: camera, prepare: looseCamera });
}

/** The names that models give to what a move has. */
const MOVEMENT = [
  'movement',
  'camera_movement',
  'camera_move',
  'move',
  'movements',
  '运镜',
  '运镜方式',
  '镜头运动',
  '运动',
];
const SPEED = ['speed', 'pace', '速度'];
/** A wrapper within a wrapper within a wrapper is as deep as models go. */
const DEEPEST = 4;

/** The nearest move to what is described, wrappers, other names, and nothing in the place of what has a default. */
function looseCamera(value: unknown): unknown {
  const found = movesIn(value, DEEPEST);
  if (found.length !== 1) return value;
  const [{ movement, speed, reason } = {}] = found;
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
    ...(typeof reason === 'string' && { reason }),
    ...(move && typeof words === 'string' && { words: boundedLine(words, MAX_WORDS) }),
  };
}

/** Every object in it that names a movement, under our names. */
function movesIn(given: unknown, depth: number): Fields[] {
  const value = structureIn(given);
  if (typeof value !== 'object' || value === null) return [];
  const fields = Object.fromEntries(Object.entries(value).map(([name, each]) => [fieldName(name), each as unknown]));
  const movement = firstOf(fields, MOVEMENT);
  if (isObject(movement)) return movesIn({ speed: firstOf(fields, SPEED), ...movement, movement: movement['type'] }, 0);
  if (movement !== undefined) return [{ ...fields, movement, speed: firstOf(fields, SPEED) }];
  return depth === 0 ? [] : Object.values(value).flatMap((each) => movesIn(each, depth - 1));
}

function firstOf(fields: Fields, names: readonly string[]): unknown {
  return names.map((name) => fields[name]).find((each) => each !== undefined);
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
