import type { z } from 'zod';
import { UnusableOutput } from './definition';
import { readJson } from './read-json';

/** Reads a model's JSON answer and checks its shape. Issues name the place and what is wrong there, not the text. */
export function readShape<Shape extends z.ZodType>(answer: string, shape: Shape): z.output<Shape> {
  const parsed = shape.safeParse(readJson(answer));
  if (parsed.success) return parsed.data;
  throw new UnusableOutput(
    parsed.error.issues.slice(0, 8).map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`),
  );
}
