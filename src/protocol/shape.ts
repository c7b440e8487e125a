/**
 * Readers of what other programs have sent: each returns the value in its type, or throws `Misshapen`. They are plain code,
 * because neither the workflows nor a page load a package. What a reader does not name is left out.
 */
export type Reader<T> = (value: unknown, at?: string) => T;

/** Names the place where a value differs and what it should be, and never the value. */
export class Misshapen extends Error {
  override readonly name = 'Misshapen';

  constructor(at: string, wanted: string) {
    super(`${at === '' ? 'it' : at} must be ${wanted}`);
  }
}

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Of<R> = R extends Reader<infer T> ? T : never;
type Fields<R extends Readers, O extends Readers> = { readonly [Name in keyof R]: Of<R[Name]> } & {
  readonly [Name in keyof O]?: Of<O[Name]>;
};

export const text: Reader<string> = (value, at = '') => {
  if (typeof value === 'string') return value;
  throw new Misshapen(at, 'a text');
};

export const flag: Reader<boolean> = (value, at = '') => {
  if (typeof value === 'boolean') return value;
  throw new Misshapen(at, 'true or false');
};

/** JSON has numbers that become Infinity here. */
export const number: Reader<number> = (value, at = '') => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Misshapen(at, 'a number');
};

/** 0 or more, and small enough to be counted with. */
export const count: Reader<number> = (value, at = '') => {
  if (isCount(value)) return value;
  throw new Misshapen(at, 'a whole number of 0 or more');
};

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a parser of ids.ts takes. */
export function id<T extends string>(parse: (given: unknown) => T | undefined, wanted: string): Reader<T> {
  return (value, at = '') => {
    const parsed = parse(value);
    if (parsed === undefined) throw new Misshapen(at, wanted);
    return parsed;
  };
}

export function oneOf<const T extends string>(values: readonly T[]): Reader<T> {
  return (value, at = '') => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw new Misshapen(at, `one of ${values.join(', ')}`);
    return found;
  };
}

export function list<T>(each: Reader<T>): Reader<readonly T[]> {
  return (value, at = '') => {
    if (!Array.isArray(value)) throw new Misshapen(at, 'a list');
    return value.map((item, index) => each(item, `${at}[${index}]`));
  };
}

export const record: Reader<Readonly<Record<string, unknown>>> = (value, at = '') => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Misshapen(at, 'an object');
};

/** An object with values of one kind, under names of one kind. */
export function recordOf<K extends string, T>(name: Reader<K>, each: Reader<T>): Reader<Readonly<Record<K, T>>> {
  return (value, at = '') => {
    const items = Object.entries(record(value, at)).map(([key, item]) => [
      name(key, `a name in ${at}`),
      each(item, `${at}.*`),
    ]);
    return Object.fromEntries(items) as Record<K, T>;
  };
}

/** An object with these fields, some of which may be absent or null. */
export function fields<R extends Readers, O extends Readers = Record<never, never>>(
  required: R,
  optional?: O,
): Reader<Fields<R, O>> {
  const mandatory = Object.entries(required);
  const possible = Object.entries(optional ?? {});
  return (value, at = '') => {
    const given = record(value, at);
    const read: Record<string, unknown> = {};
    const prefix = at === '' ? '' : `${at}.`;
    // A name that an object inherits is no field of it.
    const own = (name: string) => (Object.hasOwn(given, name) ? given[name] : undefined);
    for (const [name, reader] of mandatory) read[name] = reader(own(name), prefix + name);
    for (const [name, reader] of possible) {
      const item = own(name);
      if (item !== undefined && item !== null) read[name] = reader(item, prefix + name);
    }
    return read as Fields<R, O>;
  };
}
