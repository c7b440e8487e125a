import { jsonIn } from './read-json';

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value that a text of JSON has; everything else as it is. */
export function structureIn(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*(?:```|[{["])/.test(value.slice(0, 20))) return value;
  const { values, fenced } = jsonIn(value);
  const [only, ...more] = values.length > 0 ? values : fenced;
  return more.length === 0 && only !== undefined ? only : value;
}

/** `scene_number` for `sceneNumber`, `Scene Number`, `Scene-Number (from 1)`. */
export function fieldName(name: string): string {
  return name
    .slice(0, 100)
    .replace(/[((].*$/, '')
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}
