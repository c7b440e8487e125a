type Schema = Readonly<Record<string, unknown>>;

/**
 * The same JSON schema as every service takes it: some refuse an `enum` without a `type`, and some one of numbers. A list of
 * numbers becomes their range; the parser holds the answer to what is really meant.
 */
export function portableSchema(schema: Schema): Schema {
  const { enum: values, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, portableWithin(key, value)]),
  );
  if (!Array.isArray(values)) return rest;
  const numbers = values.filter((value): value is number => typeof value === 'number');
  if (numbers.length > 0 && numbers.length === values.length) {
    return { type: 'number', minimum: Math.min(...numbers), maximum: Math.max(...numbers), ...rest };
  }
  const isText = values.every((value) => typeof value === 'string');
  return { ...(isText && { type: 'string' }), ...rest, enum: values };
}

function portableWithin(key: string, value: unknown): unknown {
  if (key === 'enum' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => portableWithin('', each));
  if (key !== 'properties') return portableSchema(value as Schema);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, portableWithin('', each)]));
}
