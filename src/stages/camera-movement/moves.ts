import type { CameraMove as Movement, CameraSpeed as Speed } from '../../protocol';

/** More words than these describe no move. */
export const MAX_WORDS = 300;

/** The usual names of the moves; the first name in the text decides. */
const MOVES: readonly (readonly [Movement, RegExp])[] = [
  [
    'dolly_in',
    /\b(?:(?:doll(?:y|ies|ying)|push(?:es|ing)?|track(?:s|ing)?|mov(?:e|es|ing)|truck(?:s|ing)?|glid(?:e|es|ing)|creep(?:s|ing)?) (?:\w{1,12} ){0,2}?(?:in(?:to|ward)?|forwards?|closer|towards?)|push-?in)\b|推(?:近|进|镜)|前推/,
  ],
  [
    'dolly_out',
    /\b(?:(?:doll(?:y|ies|ying)|pull(?:s|ing)?|track(?:s|ing)?|mov(?:e|es|ing)|back(?:s|ing)?|retreat(?:s|ing)?) (?:\w{1,12} ){0,2}?(?:out(?:ward)?|back(?:wards?)?|away)|pull-?(?:out|back))\b|拉(?:远|出|镜)|后拉/,
  ],
  ['zoom_in', /\bzoom(?:s|ing)? (?:\w{1,12} ){0,2}?(?:in(?:to)?|closer)\b|变焦推/],
  ['zoom_out', /\bzoom(?:s|ing)? (?:\w{1,12} ){0,2}?(?:out|back|away)\b|变焦拉/],
  [
    'pan_left',
    /\b(?:pan(?:s|ning)?|truck(?:s|ing)?|slid(?:e|es|ing)|track(?:s|ing)?|swivel(?:s|ling)?|mov(?:e|es|ing)|orbit(?:s|ing)?|arc(?:s|ing)?) (?:\w{1,12} ){0,3}?left(?:wards?)?\b|(?:向)?左(?:移|摇|平移)/,
  ],
  [
    'pan_right',
    /\b(?:pan(?:s|ning)?|truck(?:s|ing)?|slid(?:e|es|ing)|track(?:s|ing)?|swivel(?:s|ling)?|mov(?:e|es|ing)|orbit(?:s|ing)?|arc(?:s|ing)?) (?:\w{1,12} ){0,3}?right(?:wards?)?\b|(?:向)?右(?:移|摇|平移)/,
  ],
  [
    'tilt_up',
    /\b(?:tilt(?:s|ing)?|crane(?:s)?|craning|boom(?:s|ing)?|pedestal(?:s)?|ris(?:e|es|ing)|pan(?:s|ning)?|mov(?:e|es|ing)) (?:\w{1,12} ){0,2}?up(?:wards?)?\b|\brising\b|上(?:摇|升|仰)|仰拍/,
  ],
  [
    'tilt_down',
    /\b(?:tilt(?:s|ing)?|crane(?:s)?|craning|boom(?:s|ing)?|pedestal(?:s)?|lower(?:s|ing)?|pan(?:s|ning)?|mov(?:e|es|ing)) (?:\w{1,12} ){0,2}?down(?:wards?)?\b|\bdescend(?:s|ing)?\b|下(?:摇|降|俯)|俯拍/,
  ],
  [
    'static',
    /\b(?:static|still|fixed|stationary|locked(?:[- ](?:off|down))?|tripod|none|no (?:camera )?(?:movement|motion|move)|motionless|hold(?:s|ing)?)\b|静止|固定/,
  ],
];

const SPEEDS: readonly (readonly [Speed, RegExp])[] = [
  ['slow', /\b(?:slow(?:ly|er)?|gentl[ey]|gradual(?:ly)?|subtle|subtly|calm(?:ly)?|smooth(?:ly)?)\b|慢|缓/],
  ['fast', /\b(?:fast(?:er)?|quick(?:ly)?|rapid(?:ly)?|swift(?:ly)?|sudden(?:ly)?|whip)\b|快|急/],
  ['medium', /\b(?:medium|moderate(?:ly)?|normal|steady|steadily|regular)\b|中/],
];

/** The nearest move to a description; undefined if it names no move. */
export function moveIn(words: string): Movement | undefined {
  return firstIn(words, MOVES);
}

export function speedIn(words: string): Speed | undefined {
  return firstIn(words, SPEEDS);
}

function firstIn<Name>(words: string, names: readonly (readonly [Name, RegExp])[]): Name | undefined {
  const text = words.slice(0, MAX_WORDS).toLowerCase().replaceAll('_', ' ');
  return names
    .map(([name, pattern]) => ({ name, at: text.search(pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]?.name;
}
