import type { z } from 'zod';
import { boundedLine, defined, StoryreelError, type FailureType } from '../../protocol';
import { INPUTS } from './inputs';
import { issueWords } from './issue-words';

const MAX_FAULTS = 5;
const MAX_BYTES = 1_000;

type Inputs = typeof INPUTS;

/** An undefined field counts as absent. */
type Defined<T> = T extends readonly unknown[] | string | number
  ? T
  : T extends object
    ? { [Key in keyof T]: Exclude<T[Key], undefined> }
    : T;
/** An input as it is after it was checked. */
export type Checked<Name extends keyof Inputs> = Defined<z.output<Inputs[Name]>>;

/**
 * Reads and checks an input. Throws `Project.Invalid`, `Project.NotFound` or `Stage.Unknown`; the message names the
 * faulty field.
 */
export function readInput<Name extends keyof Inputs>(name: Name, given: unknown): Checked<Name> {
  const data = parse<unknown>(name, INPUTS[name], given) as z.output<Inputs[Name]>;
  if (typeof data !== 'object' || Array.isArray(data)) return data as Checked<Name>;
  return defined(data as object) as Checked<Name>;
}

/** Throws for what the schema refuses, and for what cannot even be looked at, as an object whose getter throws. */
export function parse<T>(what: string, schema: z.ZodType<T>, given: unknown): T {
  try {
    const parsed = schema.safeParse(given, { error: issueWords });
    if (parsed.success) return parsed.data;
    throw refusalOf(what, parsed.error.issues);
  } catch (error) {
    if (error instanceof StoryreelError) throw error;
    throw refusedInput(what, 'it: cannot be read', error);
  }
}

/** One error for all that is wrong, of the kind of the first. */
function refusalOf(what: string, issues: readonly z.core.$ZodIssue[]): StoryreelError {
  const custom = issues.find((issue) => issue.code === 'custom' && issue.params?.['type'] !== undefined);
  if (custom?.code === 'custom') return new StoryreelError(custom.params?.['type'] as FailureType, custom.message);
  return refusedInput(what, issues.slice(0, MAX_FAULTS).map(faultOf).join('; '));
}

/** A whole sentence needs no subject. */
function faultOf({ path, message }: z.core.$ZodIssue): string {
  if (path.length === 0 && /^[A-Z]/.test(message)) return message.replace(/\.$/, '');
  return `${path.join('.') || 'it'}: ${message}`;
}

/** The one form of a refused input: `The project cannot be taken. topic: must not be empty.` */
export function refusedInput(what: string, why: string, cause?: unknown): StoryreelError {
  const subject = what.charAt(0).toUpperCase() + what.slice(1);
  const message = boundedLine(`${subject} cannot be taken. ${why}.`, MAX_BYTES);
  return new StoryreelError('Project.Invalid', message, { cause });
}
