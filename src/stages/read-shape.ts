import type { z } from 'zod';
import { UnusableOutput } from './definition';
import { jsonIn } from './read-json';

const MAX_ISSUES = 8;

/** A form that answers are read into. */
export interface Form<Shape extends z.ZodType> {
  readonly shape: Shape;
  /** Puts what is written otherwise, and can mean only one thing, into the shape. `alone`: the answer has no other value. */
  readonly prepare?: (value: unknown, alone: boolean) => unknown;
}

/**
 * Reads a model's JSON answer and checks its shape. If the answer contains several values, the last one with this shape
 * is used, because a model may print a form or a draft first. With `all`, every such value is a member of one list.
 * Issues name the place and the fault, not the text.
 */
export function readShape<Shape extends z.ZodType>(
  answer: string,
  { shape, prepare = (value) => value }: Form<Shape>,
): z.output<Shape> {
  const { values, fenced, repair } = jsonIn(answer);
  const alone = values.length === 1;
  const candidates = [...[...values].reverse(), ...[...fenced].reverse(), ...(alone ? [] : [values])];
  for (const value of candidates) {
    const parsed = shape.safeParse(prepare(value, alone));
    if (parsed.success) return parsed.data;
  }
  const parsed = shape.safeParse(prepare(values.length === 1 ? values[0] : repair(), true));
  if (parsed.success) return parsed.data;
  throw new UnusableOutput(
    parsed.error.issues
      .slice(0, MAX_ISSUES)
      .map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`),
  );
}
