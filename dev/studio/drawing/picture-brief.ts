import { languageOf } from '../writing/language';
import { lightWords, type Light } from '../writing/light';
import { sceneryOf, type Scenery } from '../writing/scenery';
import type { ShotType } from '../writing/storyboard';

export type Subject = 'person' | 'lighthouse' | 'boat' | 'tree' | 'house' | 'animal' | 'robot' | 'rocket';

/** The contents of a picture that a prompt asks for. */
export interface PictureBrief {
  scenery: Scenery;
  light: Light;
  shot: ShotType;
  subject: Subject;
  falling: 'rain' | 'snow' | 'none';
}

const shots: [ShotType, RegExp][] = [
  ['close_up', /close[ _-]?up|特写|近景/i],
  ['aerial', /aerial|bird[’']?s[ -]eye|overhead|drone|航拍|俯/i],
  ['low_angle', /low[ _-]angle|仰/i],
  ['over_shoulder', /over[ _-](?:the[ _-])?shoulder|过肩/i],
  ['medium', /\bmedium\b|中景/i],
];
const lights: [Light, RegExp][] = [
  ['storm', /storm light|\b(storm|thunder|tempest|lightning)\w*|暴风|风暴|雷/i],
  ['night', /\b(night|midnight|stars?|moon\w*)\b|夜|星|月/i],
  ['dusk', /\b(dusk|sunset|evening|twilight)\b|黄昏|傍晚|日落/i],
  ['dawn', /\b(dawn|sunrise|morning)\b|晨|日出|黎明/i],
  ['golden', /\b(golden|autumn|late light)\b|金色|斜阳|秋/i],
];
const subjects: [Subject, RegExp][] = [
  ['robot', /\b(robot|android|machine)\b|机器人/i],
  ['rocket', /\b(rocket|spaceship|starship|spacecraft)\b|火箭|飞船/i],
  ['animal', /\b(fox|cat|dog|deer|wolf|bear|horse|goat|camel|lion|dragon)\b|狐|猫|狗|鹿|狼|熊|马|骆驼|龙/i],
  ['lighthouse', /\b(lighthouse|lantern room|tower)\b|灯塔|塔/i],
  ['boat', /\b(boat|ship|sail\w*|ferry|harbou?r)\b|船|港/i],
  ['house', /\b(house|door|window|roof\w*|stairs|threshold|room|shelf|table)\b|屋|门|窗|桌|架子/i],
  ['tree', /\b(tree|oak|garden|leaf|leaves)\b|树|花园|叶/i],
];

/** Reads a prompt, English or Chinese. The defaults are a person, at day, in a village, in a wide shot. */
export function readBrief(prompt: string): PictureBrief {
  const light = namedLight(prompt) ?? firstFound(lights, prompt) ?? 'day';
  const scenery = sceneryOf(prompt);
  return {
    scenery,
    light,
    shot: firstFound(shots, prompt) ?? 'wide',
    subject: firstFound(subjects, prompt) ?? 'person',
    falling: scenery === 'snow' ? 'snow' : light === 'storm' || /\brain\w*\b|雨/i.test(prompt) ? 'rain' : 'none',
  };
}

/** A light that a storyboard named counts more than a storm that somebody talks about. */
function namedLight(prompt: string): Light | undefined {
  const words = Object.entries(lightWords[languageOf(prompt)]) as [Light, string][];
  return words.find(([, each]) => prompt.includes(each))?.[0];
}

function firstFound<T>(table: [T, RegExp][], text: string): T | undefined {
  return table.find(([, words]) => words.test(text))?.[0];
}
