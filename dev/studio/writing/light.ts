import type { Language } from './language';

export type Light = 'dawn' | 'day' | 'golden' | 'dusk' | 'night' | 'storm';

/** The words of a storyboard for each light; a picture with these words has that light. In the order of a day. */
export const lightWords: Record<Language, Record<Light, string>> = {
  en: {
    dawn: 'pale dawn light',
    day: 'clear daylight',
    golden: 'long golden light',
    dusk: 'dusk in violet and rose',
    night: 'deep night with stars',
    storm: 'storm light and rain',
  },
  zh: {
    dawn: '淡淡的晨光',
    day: '明亮的白天',
    golden: '金色的斜阳',
    dusk: '紫色的黄昏',
    night: '满天星斗的深夜',
    storm: '暴风雨的冷光',
  },
};
