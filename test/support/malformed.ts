import fc from 'fast-check';

/** What a field never is, or not in this place. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, -1, 1.5, 1e21, Number.MAX_VALUE, '', '0', 'rewrite', [], {}, [[]]),
  fc.constantFrom<unknown>({ toString: null }, { length: 1e9 }, '\ud800', '\u001b[2J', 'x'.repeat(2_000)),
  fc.jsonValue({ maxDepth: 2 }),
);

const NAMES = ['__proto__', 'constructor', 'toString', 'type', 'id', 'project_id', 'lane', 'fence', 'unheard_of'];

type Change = (value: unknown) => unknown;

/** A JSON text like that of the value, with a few fields gone, replaced, added or repeated, at any depth. */
export function malformedFrom(sample: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const change = fc
    .tuple(fc.nat(), fc.constantFrom('drop', 'replace', 'add'), odd, fc.constantFrom(...NAMES))
    .map(([where, what, value, name]): Change => (whole) => {
      const copy = structuredClone(whole);
      const places = placesIn(copy);
      const place = places[where % places.length];
      if (!place) return value;
      const { holder, key } = place;
      if (what === 'replace') set(holder, key, value);
      else if (what === 'add') set(holder, name, value);
      else Reflect.deleteProperty(holder, key);
      return copy;
    });
  const changed = fc
    .tuple(sample, fc.array(change, { maxLength: 3 }))
    .map(([value, changes]) => JSON.stringify(changes.reduce((now, each) => each(now), value)) ?? '');
  return fc.oneof(
    { arbitrary: changed, weight: 8 },
    // Numbers of JSON that JavaScript has not.
    { arbitrary: changed.map((text) => text.replace(/:\d+/, ':1e999')), weight: 2 },
    { arbitrary: fc.tuple(changed, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))), weight: 1 },
    { arbitrary: fc.string(), weight: 1 },
  );
}

function set(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesIn(value: unknown): { readonly holder: object; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [
    { holder: value, key },
    ...placesIn((value as Record<string, unknown>)[key]),
  ]);
}
