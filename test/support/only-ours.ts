import fc from 'fast-check';
import { isFailureType, StoryreelError, type FailureType } from '../../src/protocol';

/** What no method expects, by what it is. Each is made anew, because some of them change when they are looked at. */
const ODD: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(
    [undefined, null, true, -1, NaN, Infinity, 1e21, '', ' ', '.', '..', '\0', 'a\0b', '\ud800', 'a\nb'].map(
      (value) => [`${typeof value} ${JSON.stringify(String(value))}`, () => value],
    ),
  ),
  'a bigint': () => 1n,
  'a very long text': () => 'x'.repeat(200_000),
  'the id of no project': () => '00000000-0000-4000-8000-000000000000',
  'a symbol': () => Symbol('odd'),
  'a function': () => () => undefined,
  'an empty list': () => [],
  'a list in a list': () => [[]],
  'a list with holes': () => new Array(3),
  'no date': () => new Date(NaN),
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.create(null),
  'a map': () => new Map([['a', 1]]),
  'what is no text': () => ({ toString: null, valueOf: null }),
  'a circle': () => {
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    return circle;
  },
  'a proxy that throws': () => new Proxy({}, { get: thrown, ownKeys: thrown, has: thrown, getPrototypeOf: thrown }),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'no signal': () => ({ aborted: 'yes', addEventListener: thrown, removeEventListener: thrown }),
  'a signal that has fired': () => AbortSignal.abort(),
};

/** The names of all options, so that what is odd gets past the first look. */
const NAMES = [
  ...['topic', 'name', 'owner', 'settings', 'budget', 'requestId', 'stages', 'gates', 'scenes', 'from', 'signal'],
  ...['onLog', 'version', 'by', 'after', 'limit', 'text', 'batch', 'status', 'reason', 'lane', 'now', 'seconds'],
  ...['scopes', 'amount', 'graceSeconds', 'changes', 'batchId', 'prefix', 'keyId', 'tokenId', 'expiresInDays'],
  ...['rewrite', 'add', 'order', 'project', 'action', 'code', 'credential', 'priority', 'purgeHistory', 'style'],
  ...['language', 'frame', 'toJSON', 'length', 'then'],
];

function thrown(): never {
  throw new Error('a getter of the caller');
}

/** How an argument is made; it can be printed, which many of the arguments cannot. */
type Recipe = string | readonly string[] | Readonly<Record<string, string>>;

const name = fc.constantFrom(...Object.keys(ODD), 'a getter that throws');

/** Arguments that a careless program may give; `oddArgument` makes them. */
export const oddRecipe: fc.Arbitrary<Recipe> = fc.oneof(
  { arbitrary: name, weight: 3 },
  { arbitrary: fc.dictionary(fc.constantFrom(...NAMES), name, { maxKeys: 3 }), weight: 3 },
  { arbitrary: fc.array(name, { maxLength: 3 }), weight: 1 },
);

export function oddArgument(recipe: Recipe): unknown {
  if (typeof recipe === 'string') return ODD[recipe]?.();
  if (isList(recipe)) return recipe.map(oddArgument);
  const made = {};
  for (const [field, kind] of Object.entries(recipe)) {
    const value = kind in ODD ? { value: oddArgument(kind) } : { get: thrown };
    Object.defineProperty(made, field, { enumerable: true, ...value });
  }
  return made;
}

function isList(recipe: Exclude<Recipe, string>): recipe is readonly string[] {
  return Array.isArray(recipe);
}

/** The public methods of an object, by its prototype and its own functions. */
export function methodsOf(given: object, internal: readonly string[] = []): string[] {
  const names = [...Object.getOwnPropertyNames(Object.getPrototypeOf(given)), ...Object.keys(given)];
  return [...new Set(names)]
    .filter((name) => name !== 'constructor' && !internal.includes(name))
    .filter((name) => typeof (given as Record<string, unknown>)[name] === 'function')
    .sort();
}

/**
 * What a call throws or rejects with; undefined if it succeeds. Of an iterator, its first answer counts, and it is left
 * after `enough`, which may come before that answer.
 */
export async function failureOf(call: () => unknown, enough?: () => Promise<unknown>): Promise<unknown> {
  try {
    const result = await call();
    if (!isIterator(result)) return undefined;
    const first = Promise.resolve(result.next());
    // Looked at below, if it is not the first to settle.
    first.catch(() => undefined);
    await Promise.race([first, ...(enough ? [enough()] : [])]);
    await result.return?.(undefined);
    await first;
    return undefined;
  } catch (error) {
    return error ?? new Error(`it threw ${String(error)}`);
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

const MAX_BYTES = 2_000;

/** The failure is one of the catalogue, and neither its message nor its stack has a secret. */
export function expectOurs(error: unknown, { not = [], secrets = [] }: Bounds = {}): void {
  if (error === undefined) return;
  if (!(error instanceof StoryreelError)) throw new Error('it is no StoryreelError', { cause: error });
  const { type, message, hint, stack = '' } = error;
  expect(isFailureType(type)).toBe(true);
  if (not.includes(type)) throw new Error(`it is ${type}: ${message}`, { cause: error.cause });
  expect(message.length).toBeLessThan(MAX_BYTES);
  expect(message).toMatch(/\w \w/);
  expect(hint).toMatch(/\w/);
  for (const secret of secrets) expect(message + stack).not.toContain(secret);
}

interface Bounds {
  readonly not?: readonly FailureType[];
  readonly secrets?: readonly string[];
}
