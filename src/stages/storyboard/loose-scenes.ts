import { fieldName, isObject, structureIn, type Fields } from '../loose-fields';

/** A wrapper within a wrapper within a wrapper is as deep as models go, and each may be a text of JSON. */
const DEEPEST = 5;
const MUST_HAVE = ['narration', 'visual_prompt'] as const;

/** The names that models give to what a scene has. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  scene_number: [
    ...['scene', 'scene_id', 'id', 'index', 'number', 'scene_no', 'shot_number'],
    ...['场景编号', '场景', '镜头', '序号', '编号', '場景編號', 'シーン番号', '장면_번호'],
    ...['número_de_escena', 'número', 'numéro', 'szenennummer', 'número_da_cena', 'numero_scena', 'номер'],
  ],
  narration: [
    ...['voiceover', 'voice_over', 'narrator', 'narration_text', 'voiceover_text', 'spoken_text'],
    ...['旁白', '解说', '台词', '解说词', '解說', 'ナレーション', '내레이션'],
    ...['narración', 'erzählung', 'erzähltext', 'narração', 'narrazione', 'повествование', 'закадровый_текст'],
  ],
  visual_prompt: [
    ...['visual', 'visuals', 'visual_description', 'image_prompt', 'picture', 'image_description', 'prompt'],
    ...['画面', '画面描述', '画面提示', '画面提示词', '视觉提示', '视觉提示词', '畫面', '畫面描述', '映像', '화면'],
    ...['descripción_visual', 'description_visuelle', 'bildbeschreibung', 'descrição_visual', 'descrizione_visiva'],
    ...['визуальное_описание', 'описание_кадра'],
  ],
  shot_type: ['shot', 'shot_size', 'framing', '景别', '景別', '镜头类型', 'tipo_de_plano', 'type_de_plan'],
  duration: [
    ...['duration_seconds', 'duration_sec', 'duration_in_seconds', 'seconds', 'length', '时长', '時長', '秒数', '시간'],
    ...['duración', 'durée', 'dauer', 'duração', 'durata', 'длительность'],
  ],
};
const NAME_OF = new Map(Object.entries(NAMES).flatMap(([name, others]) => others.map((other) => [other, name])));

/** Names that other things than scenes have, too. They count beside a name of ours. */
const LOOSE_NAMES = new Map([
  ...['text', 'script', 'dialogue'].map((name) => [name, 'narration'] as const),
  ...['description', 'scene_description', 'image'].map((name) => [name, 'visual_prompt'] as const),
]);

/**
 * Corrects the form of a storyboard if it can have only one meaning. It accepts a bare list, wrappers around it, scenes
 * by their numbers, a single scene, JSON as a text, and other names.
 */
export function looseScenes(value: unknown, alone: boolean): unknown {
  const given = structureIn(value);
  if (isObject(given) && Array.isArray(given['scenes'])) {
    const scenes: unknown[] = given['scenes'];
    const [list = scenes.length > 0 ? scenes : undefined] = listsIn(scenes, DEEPEST);
    if (list) return { scenes: numbered(list.map(looseScene)) };
  }
  const lists = listsIn(given, DEEPEST);
  if (lists.length === 1) return { scenes: numbered((lists[0] ?? []).map(looseScene)) };
  if (alone && lists.length === 0 && isScene(given)) return { scenes: numbered([looseScene(given)]) };
  return given;
}

/** Every list of scenes in it. */
function listsIn(given: unknown, depth: number): readonly unknown[][] {
  const value = structureIn(given);
  if (Array.isArray(value)) {
    const list = withoutNothing(value as unknown[]).map(unwrapped);
    if (list.length > 0 && list.every(isScene)) return [list];
    if (depth === 0) return [];
    const within = list.map((each) => listsIn(each, depth - 1));
    // The scenes of each act, or the shots of each scene.
    const isDivided = within.length > 0 && within.every((lists) => lists.length === 1);
    return isDivided ? [within.flat(2)] : [];
  }
  if (!isObject(value) || depth === 0) return [];
  const scenes = scenesByName(value);
  return scenes ? [scenes] : Object.values(value).flatMap((each) => listsIn(each, depth - 1));
}

/** `{"scene_1": {…}, "scene_2": {…}}`: what has no number of its own has that of its name. */
function scenesByName(value: Fields): unknown[] | undefined {
  const entries = Object.entries(value);
  if (entries.length < 2 || !entries.every(([name, each]) => isScene(each) && numbersIn(name).length === 1)) {
    return undefined;
  }
  return entries.map(([name, scene]) => ({ scene_number: numbersIn(name)[0], ...(scene as Fields) }));
}

/** A scene within an object of one member, or as a text of JSON. */
function unwrapped(given: unknown): unknown {
  const value = structureIn(given);
  if (!isObject(value) || isScene(value)) return value;
  const [only, ...more] = Object.values(value).map(structureIn);
  return more.length === 0 && isScene(only) ? only : value;
}

/** Models put an empty member behind the last scene. */
function withoutNothing(list: readonly unknown[]): unknown[] {
  const isNothing = (each: unknown) => each === null || (isObject(each) && Object.keys(each).length === 0);
  return list.filter((each) => !isNothing(each));
}

function isScene(value: unknown): boolean {
  if (!isObject(value)) return false;
  const keys = Object.keys(value).map(fieldName);
  const names = new Set(keys.map((key) => NAME_OF.get(key) ?? key));
  // The other names alone may be those of a character or a place.
  return MUST_HAVE.some((name) => keys.includes(name)) || MUST_HAVE.every((name) => names.has(name));
}

/** Our names, in one case, and nothing in the place of what has a default. */
function looseScene(scene: unknown): unknown {
  if (!isObject(scene)) return scene;
  const given = new Map(Object.entries(scene).map(([key, value]) => [fieldName(key), value]));
  const fields: Record<string, unknown> = {};
  const isLoose = ([key]: readonly [string, unknown]) => LOOSE_NAMES.has(key);
  // The surer name counts, whichever comes first.
  for (const [key, value] of [...given].sort((a, b) => Number(isLoose(a)) - Number(isLoose(b)))) {
    const name = NAME_OF.get(key) ?? LOOSE_NAMES.get(key) ?? key;
    const read = MEANT[name];
    const meant = read ? read(value) : value;
    const isOther = name !== key;
    // Another name may have another meaning, as in `"scene": "a pier"`.
    if (meant === null || (isOther && (fields[name] !== undefined || given.has(name) || !isLike(name, meant))))
      continue;
    fields[name] = meant;
  }
  if (fields['duration'] === '') delete fields['duration'];
  return fields;
}

/** How a field may be written otherwise. */
const MEANT: Readonly<Record<string, (value: unknown) => unknown>> = {
  scene_number: numberIn,
  narration: (value) => textIn(isObject(value) ? value['text'] : value, ' '),
  visual_prompt: (value) => textIn(isObject(value) ? Object.values(value) : value, ', '),
  shot_type: shotIn,
  duration: (value) => secondsIn(isObject(value) ? (value['value'] ?? value['seconds'] ?? value) : value),
};

/** A shot that is no text is left out, because it has a default. */
function shotIn(value: unknown): unknown {
  const shot = Array.isArray(value) ? (value as unknown[])[0] : isObject(value) ? value['type'] : value;
  return typeof shot === 'string' ? shot : null;
}

function isLike(name: string, value: unknown): boolean {
  return typeof value === (name === 'scene_number' || name === 'duration' ? 'number' : 'string');
}

/** A text that came as a list of texts. */
function textIn(value: unknown, between: string): unknown {
  const isTexts = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
  return isTexts ? value.join(between) : value;
}

/** Scenes without numbers are numbered in their order, and so are those that begin with 0. */
function numbered(scenes: readonly unknown[]): readonly unknown[] {
  const given = scenes.map((scene) => (isObject(scene) ? scene['scene_number'] : undefined));
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

/** Numbers that models write as words. */
const WORDS = [
  ...['one|first|一|第一', 'two|second|二|第二', 'three|third|三|第三', 'four|fourth|四|第四', 'five|fifth|五|第五'],
  ...['six|sixth|六|第六', 'seven|seventh|七|第七', 'eight|eighth|八|第八', 'nine|ninth|九|第九', 'ten|tenth|十|第十'],
].map((words) => new RegExp(`^(?:scene )?(?:${words})(?: seconds?|秒)?$`, 'i'));

function numberInWords(text: string): number | undefined {
  const at = WORDS.findIndex((words) => words.test(text.slice(0, 40).trim()));
  return at < 0 ? undefined : at + 1;
}

/** `3`, `"3"`, `"Scene 3"`, `"3 of 5"`, `"three"`; what has no number, or several, as it is. */
function numberIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = numberInWords(value);
  if (word !== undefined) return word;
  const [only, ...more] = numbersIn(value.replace(/(?<=\d)\s{0,5}(?:\/|of)\s{0,5}\d{1,9}\D{0,20}$/, ''));
  return only !== undefined && more.length === 0 ? only : value;
}

/** `5`, `"5"`, `"5s"`, `"4,5"`, `"about 5 seconds"`, `"five"`, `"5000 ms"`, `"00:05"`, `"00:00:05.000"`. */
function secondsIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = numberInWords(value);
  if (word !== undefined) return word;
  const ms = /^\s*(\d{3,6}) ?(?:ms|milliseconds)\s*$/i.exec(value);
  if (ms) return Number(ms[1]) / 1_000;
  const clock = /^\s*(?:00?:)?(\d{1,2}):(\d{2})(?:[.,]0{1,3})?\s*$/.exec(value);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const [only, ...more] = numbersIn(value.slice(0, 100).replace(/(?<=\d),(?=\d(?!\d))/, '.'));
  return only !== undefined && more.length === 0 && !/min|hour|ms\b|milli|分/i.test(value.slice(0, 100)) ? only : value;
}

function numbersIn(text: string): number[] {
  return [...text.slice(0, 100).matchAll(/(?:(?<!\w)-)?\d{1,9}(?:\.\d{1,9})?/g)].map(([digits]) => Number(digits));
}
