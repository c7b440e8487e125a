import { z } from 'zod';
import { CAMERA_MOVEMENTS, CAMERA_SPEEDS } from '../../entities';
import { firstBytes } from '../../protocol';
import type { JsonSchema } from '../definition';
import { readShape } from '../read-shape';

const word = z
  .string('must be a text')
  .trim()
  .toLowerCase()
  .transform((text) => text.replace(/[\s-]+/g, '_'));

const camera = z.object({
  movement: word.pipe(z.enum(CAMERA_MOVEMENTS, `must be one of ${CAMERA_MOVEMENTS.join(', ')}`)),
  speed: word.pipe(z.enum(CAMERA_SPEEDS, `must be one of ${CAMERA_SPEEDS.join(', ')}`)).default('medium'),
  reason: z
    .string()
    .transform((text) => firstBytes(text, 500))
    .optional(),
});

export type CameraChoice = z.output<typeof camera>;

export function parseCamera(answer: string): CameraChoice {
  return readShape(answer, camera);
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
