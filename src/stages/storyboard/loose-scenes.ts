type Fields = Readonly<Record<string, unknown>>;

/** A wrapper within a wrapper within a wrapper is as deep as models go. */
const DEEPEST = 3;
const SCENE = ['narration', 'visual_prompt'];

/**
 * Corrects the form of a storyboard if it can have only one meaning. It accepts a bare list, one wrapper around
 * it, a single scene, and names in another case.
 */
export function looseScenes(value: unknown, alone: boolean): unknown {
  if (isObject(value) && Array.isArray(value['scenes'])) {
    const scenes: unknown[] = value['scenes'];
    return { scenes: numbered((listsIn(scenes, 1)[0] ?? scenes).map(looseScene)) };
  }
  const lists = listsIn(value, DEEPEST);
  if (lists.length === 1) return { scenes: numbered((lists[0] ?? []).map(looseScene)) };
  if (alone && lists.length === 0 && isScene(value)) return { scenes: numbered([looseScene(value)]) };
  return value;
}

/** Every list of scenes in it. */
function listsIn(value: unknown, depth: number): readonly unknown[][] {
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    if (list.length > 0 && list.every(isScene)) return [list];
    return depth > 0 && list.length === 1 ? listsIn(list[0], depth - 1) : [];
  }
  if (!isObject(value) || depth === 0) return [];
  return Object.values(value).flatMap((each) =>
    isObject(each) || Array.isArray(each) ? listsIn(each, depth - 1) : [],
  );
}

function isScene(value: unknown): boolean {
  return isObject(value) && SCENE.some((name) => Object.keys(value).some((key) => snakeCase(key) === name));
}

/** Names in one case, and nothing in the place of what has a default. */
function looseScene(scene: unknown): unknown {
  if (!isObject(scene)) return scene;
  const entries = Object.entries(scene)
    .map(([key, value]) => [snakeCase(key), value] as const)
    .filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, key === 'duration' ? secondsIn(value) : value]));
}

/** Scenes without numbers are numbered in their order, and so are those that begin with 0. */
function numbered(scenes: readonly unknown[]): readonly unknown[] {
  const given = scenes.map((scene) => (isObject(scene) ? numberIn(scene['scene_number']) : undefined));
  const known = given.filter((number) => typeof number === 'number');
  const isRising = known.every((number, i) => i === 0 || number > (known[i - 1] ?? number));
  const isMissing = given.some((number) => number === undefined);
  const isPlain = given.every((number) => number === undefined || typeof number === 'number');
  const mayBeCounted = isMissing && isPlain && isRising;
  const from = known.length === scenes.length && Math.min(...known) === 0 ? 1 : 0;
  return scenes.map((scene, i) => {
    if (!isObject(scene)) return scene;
    const number = given[i];
    if (mayBeCounted) return { ...scene, scene_number: i + 1 };
    return { ...scene, scene_number: typeof number === 'number' ? number + from : number };
  });
}

/** `3`, `"3"`, `"Scene 3"`, `"#3"`; what has no number, or several, as it is. */
function numberIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const [only, ...more] = numbersIn(value);
  return only !== undefined && more.length === 0 ? only : value;
}

/** `5`, `"5"`, `"5s"`, `"about 5 seconds"`, `"00:05"`. */
function secondsIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const clock = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(value);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const [only, ...more] = numbersIn(value);
  return only !== undefined && more.length === 0 && !/min|hour|ms\b|milli|分/i.test(value.slice(0, 100)) ? only : value;
}

function numbersIn(text: string): number[] {
  return [...text.slice(0, 100).matchAll(/-?\d{1,9}(?:\.\d{1,9})?/g)].map(([digits]) => Number(digits));
}

function snakeCase(name: string): string {
  return name
    .slice(0, 100)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
