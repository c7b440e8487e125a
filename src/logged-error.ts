import { scrub } from './scrub';

/** SQLSTATE classes whose messages name tables, columns and states, and never quote a value. */
const WITHOUT_VALUES = /^(?:08|23|25|28|3D|40|42|53|55|57|58)/;

/** A quotation longer than this may be a part of a prompt or of a text. */
const LONG_QUOTE = /(["'`“])(?:(?!\1)[^”]){20,}["'`”]/gs;
const MAX_MESSAGE = 500;
const MAX_CAUSES = 3;

interface Known {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly syscall?: unknown;
  readonly severity?: unknown;
  readonly driverError?: Known;
  readonly table?: unknown;
  readonly constraint?: unknown;
  readonly cause?: unknown;
}

/**
 * The loggable form of an error: its kind, and its origin. Statements, parameters, request and answer bodies are left
 * out, and so are quotations in a message; keys are removed from the rest.
 */
export function loggedError(error: unknown, causes = MAX_CAUSES): unknown {
  if (typeof error === 'string') return wordsOf(error);
  if (!(error instanceof Error)) return scrub(typeof error);
  const known = error as Known;
  const { status } = known;
  const code = known.driverError?.code ?? known.code;
  const { table, constraint } = known.driverError ?? known;
  const message = messageOf(known, code);
  const facts = { code, status, table, constraint };
  return {
    type: typeof known.type === 'string' ? known.type : error.constructor.name,
    ...(message !== undefined && { message }),
    ...Object.fromEntries(Object.entries(facts).filter(([, fact]) => ['string', 'number'].includes(typeof fact))),
    stack: framesOf(known.stack),
    ...(known.cause instanceof Error && causes > 0 && { cause: loggedError(known.cause, causes - 1) }),
  };
}

function messageOf(error: Known, code: unknown): string | undefined {
  const { message = '' } = error;
  // A provider's answer: the failure that was made of it contains the part that may be kept.
  if ('headers' in error && 'error' in error) return undefined;
  const isOfDatabase = error.driverError !== undefined || error.severity !== undefined;
  if (isOfDatabase && !(typeof code === 'string' && (code.length !== 5 || WITHOUT_VALUES.test(code)))) return undefined;
  // The quotations of the system's own errors are paths.
  return error.syscall === undefined ? wordsOf(message) : scrub(message).slice(0, MAX_MESSAGE);
}

function wordsOf(text: string): string {
  return scrub(text).replace(LONG_QUOTE, '$1…$1').slice(0, MAX_MESSAGE);
}

/** Without the message, which a stack begins with. */
function framesOf(stack = ''): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return scrub(frames.join('\n'));
}
