import fc from 'fast-check';
import { malformedFrom } from './malformed';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly examples?: readonly unknown[];
  readonly format?: string;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** As far as requests are made from it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Texts that some reader takes for more than a text, already as an address has them. */
const ODD_IN_ADDRESS = fc.oneof(
  fc.constantFrom(
    ...[
      '%00',
      'a%00b',
      '%0d%0aX-A:%20b',
      '%ED%A0%80',
      '%ff',
      '%zz',
      '%',
      '%25',
      '%2f',
      '%5c..%5c',
      '%C0%AE',
      '%F0%9F%A6%8A',
    ],
    ...['__proto__', 'constructor', 'prototype', 'toString', 'null', 'undefined', 'true', 'NaN', 'Infinity', '-0'],
    ...['-1', '0', '1e309', '1e-7', '0x10', '1.5', '9'.repeat(25), '2147483648', '9223372036854775808', '٣', '٠'],
    ...[
      "'%20OR%201=1--",
      '%22',
      '%3Cscript%3E',
      '$%7Bjndi%7D',
      '*',
      '~',
      'a'.repeat(900),
      'a'.repeat(1_500),
      '%e2%80%ae',
    ],
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(encodeURIComponent),
);

const HEADERS: fc.Arbitrary<Readonly<Record<string, string>>> = fc.dictionary(
  fc.constantFrom(
    ...['accept', 'accept-encoding', 'accept-language', 'cookie', 'if-match', 'if-none-match', 'if-range', 'origin'],
    ...['last-event-id', 'range', 'idempotency-key', 'storyreel-by', 'x-request-id', 'sec-fetch-site', 'content-type'],
    ...[
      'content-encoding',
      'x-http-method-override',
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'traceparent',
    ],
  ),
  fc
    .oneof(
      fc.constantFrom(
        ...['', '*', ',', ';', '=', '""', '"v1"', 'W/"v1"', '"v1", *', 'bytes=0-', 'bytes=-0', 'none', 'null', 'gzip'],
        ...[
          'application/json',
          'application/json; charset=utf-16',
          'application/json;',
          'text/plain',
          'a/b;c="',
          '%00',
        ],
        ...['__proto__', `storyreel=${'x'.repeat(43)}`, 'x'.repeat(3_000), `br${' '.repeat(500)};x`, '0-0', '1-1', 'é'],
      ),
      fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
    )
    .map((value) => value.trim()),
  { maxKeys: 3 },
);

/**
 * Requests of every operation of the document: what it takes, and what it does not take, in its address, its query, its
 * headers and its body. `known` has what the parameters of an address may be in truth.
 */
export function requestsOf(
  document: ApiDocument,
  known: Readonly<Record<string, readonly string[]>>,
  isMeant: (operation: string) => boolean,
): fc.Arbitrary<GeneratedRequest> {
  const operations = Object.entries(document.paths).flatMap(([template, each]) =>
    Object.entries(each).map(([method, operation]) => ({ template, method: method.toUpperCase(), operation })),
  );
  return fc.oneof(
    ...operations
      .filter(({ method, template }) => isMeant(`${method} ${template}`))
      .map(({ method, template, operation }) => {
        const { parameters = [], requestBody } = operation;
        const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
        const inQuery = parameters.filter((each) => each.in === 'query');
        return fc.record({
          method: fc.constant(method),
          path: fc
            .tuple(addressOf(template, known), queryOf(document, inQuery))
            .map(([path, query]) => (query === '' ? path : `${path}?${query}`)),
          headers: fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, { arbitrary: HEADERS, weight: 1 }),
          ...(schema && { body: malformedFrom(valueOf(document, schema)) }),
        });
      }),
  );
}

function addressOf(template: string, known: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<string> {
  const parts = template.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    return fc.oneof(
      { arbitrary: fc.constantFrom(...(known[name] ?? ['none'])), weight: 4 },
      // An empty one would be another address.
      { arbitrary: ODD_IN_ADDRESS.filter((text) => text !== '' && text !== '.' && text !== '..'), weight: 1 },
    );
  });
  return fc.tuple(...parts).map((all) => all.join(''));
}

function queryOf(
  document: ApiDocument,
  parameters: readonly { readonly name: string; readonly schema: Schema }[],
): fc.Arbitrary<string> {
  const stated = parameters.map(({ name, schema }) => {
    const value = valueOf(document, schema).map((each) =>
      encodeURIComponent(typeof each === 'string' ? each : String(each)),
    );
    return fc
      .oneof({ arbitrary: value, weight: 2 }, { arbitrary: ODD_IN_ADDRESS, weight: 1 })
      .map((text) => `${name}=${text}`);
  });
  const other = fc.tuple(ODD_IN_ADDRESS, ODD_IN_ADDRESS).map(([name, text]) => `${name}=${text}`);
  return fc
    .array(fc.oneof({ arbitrary: other, weight: 1 }, ...stated.map((arbitrary) => ({ arbitrary, weight: 3 }))), {
      maxLength: 3,
    })
    .map((all) => all.join('&'));
}

const TEXTS = fc.oneof(
  fc.constantFrom(
    'a fox',
    '雨',
    '🦊',
    'rewrite',
    'image_generation/1',
    '1764000000000-0',
    '16:9',
    'pt-BR',
    'x'.repeat(300),
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

/** What the schema takes, as far as a schema says. */
function valueOf(document: ApiDocument, schema: Schema): fc.Arbitrary<unknown> {
  const { $ref, anyOf, properties, required = [], items, minimum, maximum, maxItems = 3 } = schema;
  if ($ref !== undefined) return valueOf(document, document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (anyOf) return fc.oneof(...anyOf.map((each) => valueOf(document, each)));
  if (schema.examples) return fc.constantFrom(...schema.examples);
  if (schema.format === 'uuid') return fc.uuid();
  const [type] = [schema.type ?? []].flat();
  if (type === 'object' || properties) {
    const fields = Object.entries(properties ?? {}).map(([name, each]) => [name, valueOf(document, each)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  }
  if (type === 'array') return fc.array(valueOf(document, items ?? {}), { maxLength: Math.min(maxItems, 3) });
  if (type === 'integer')
    return fc.integer({ min: minimum ?? -5, max: Math.min(maximum ?? 100, (minimum ?? 0) + 100) });
  if (type === 'number') return fc.double({ min: minimum ?? -5, max: maximum ?? 1e308, noNaN: true });
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  return TEXTS;
}
