export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON of an answer, which may begin with the mark of its byte order. Throws a `SyntaxError`. */
export function parsedAnswer(text: string): unknown {
  return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
}

/** As `parsedAnswer`, but undefined for a text that is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return parsedAnswer(text);
  } catch {
    return undefined;
  }
}

/** The values at a path such as `data.*.url`; a `*` is every member of a list, or of an object that counts them. */
export function valuesAt(body: unknown, path: string): unknown[] {
  let found: unknown[] = [body];
  for (const step of path.split('.')) {
    found = found.flatMap((value) => {
      if (step === '*') return membersOf(value);
      const next = isFields(value) ? value[step] : undefined;
      return next === undefined || next === null ? [] : [next];
    });
  }
  return found;
}

function membersOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) && Object.keys(value).every((name) => /^\d+$/.test(name)) ? Object.values(value) : [];
}

/** The first text that is not empty at any of the paths; a number counts as its text. */
export function firstText(body: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    for (const value of valuesAt(body, path)) {
      if (typeof value === 'string' && value.trim() !== '') return value.trim();
      if (typeof value === 'number') return String(value);
    }
  }
  return undefined;
}
