import { Dice } from '../dice';
import { languageOf, sentencesOf, type Language } from './language';
import { lightWords } from './light';
import { placeIn, sceneryOf } from './scenery';

export const shotTypes = ['wide', 'medium', 'close_up', 'aerial', 'low_angle', 'over_shoulder'] as const;
export type ShotType = (typeof shotTypes)[number];

export interface StoryboardScene {
  scene_number: number;
  narration: string;
  visual_prompt: string;
  shot_type: ShotType;
  /** Seconds, in steps of a half. */
  duration: number;
}

const shotWords: Record<Language, Record<ShotType, string>> = {
  en: {
    wide: 'Wide shot',
    medium: 'Medium shot',
    close_up: 'Close-up',
    aerial: 'Aerial view',
    low_angle: 'Low angle shot',
    over_shoulder: 'Over-the-shoulder shot',
  },
  zh: { wide: '远景', medium: '中景', close_up: '特写', aerial: '航拍', low_angle: '仰拍', over_shoulder: '过肩镜头' },
};

/** Divides a story into so many scenes, in order and with all of its words; a story too short for that begins again. */
export function drawStoryboard(story: string, count: number, seed: string | number): { scenes: StoryboardScene[] } {
  const language = languageOf(story);
  const dice = new Dice('storyboard', story, seed);
  const scenery = sceneryOf(story);
  const light = dice.whole(0, 5);
  let before: ShotType | undefined;
  const scenes = narrations(story, count, language).map((narration, index) => {
    const shot: ShotType = index === 0 ? 'wide' : dice.pick(shotTypes.filter((each) => each !== before));
    before = shot;
    const mood = Object.values(lightWords[language])[(light + Math.floor((index * 4) / Math.max(count, 1))) % 6];
    const { place } = placeIn(language, scenery);
    const seen = pictured(narration);
    return {
      scene_number: index + 1,
      narration,
      visual_prompt:
        language === 'zh'
          ? `${shotWords.zh[shot]},${place},${seen},${mood},扁平插画风格`
          : `${shotWords.en[shot]} at ${place}: ${seen}; ${mood}, flat illustration, layered shapes`,
      shot_type: shot,
      duration: Math.min(4, Math.max(2, 2 + Math.round(Math.min(narration.length, 240) / 60 - dice.next()) / 2)),
    };
  });
  return { scenes };
}

/** The visible part of a narration: its longest sentence, without direct speech. */
function pictured(narration: string): string {
  const [longest = narration] = sentencesOf(narration).sort((a, b) => b.length - a.length);
  return longest
    .replace(/["“”「」]/g, '')
    .replace(/[.。,,]$/, '')
    .slice(0, 220);
}

function narrations(story: string, count: number, language: Language): string[] {
  let units = sentencesOf(story);
  if (units.length < count)
    units = units.flatMap((each) => each.match(/[^,;,;]+[,;,;]?/g) ?? [each]).map((each) => each.trim());
  if (units.length === 0) units = [language === 'zh' ? '一个安静的清晨。' : 'A quiet morning.'];
  if (units.length <= count) return Array.from({ length: count }, (_, index) => units[index % units.length] ?? '');
  const joint = language === 'zh' ? '' : ' ';
  return Array.from({ length: count }, (_, index) =>
    units
      .slice(Math.floor((index * units.length) / count), Math.floor(((index + 1) * units.length) / count))
      .join(joint),
  );
}
