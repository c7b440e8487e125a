import { Dice } from '../dice';
import { emojiIn, languageOf } from './language';
import { chineseOpenings, chinesePlots } from './plots-zh';
import { englishOpenings, englishPlots } from './plots-en';
import { premiseOf } from './premise';

/** A short story of 150 to 300 words on the topic, in its language, with its emoji; the same for the same seed. */
export function writeStory(topic: string, seed: string | number): string {
  const language = languageOf(topic);
  const dice = new Dice('story', topic, seed);
  const { opening, slots } = premiseOf(topic, language, dice);
  const openings: readonly string[] = (language === 'zh' ? chineseOpenings : englishOpenings)[opening];
  const plot = dice.pick(language === 'zh' ? chinesePlots : englishPlots);
  const emoji = emojiIn(topic);
  const lines = [openings, ...plot].map((choice, index) => {
    const line = fill(dice.pick(choice), slots);
    return emoji.length > 0 && index % 4 === 0 ? `${line} ${emoji[(index / 4) % emoji.length]}` : line;
  });
  return [lines.slice(0, 5), lines.slice(5, 9), lines.slice(9)]
    .map((paragraph) => paragraph.join(language === 'zh' ? '' : ' '))
    .join('\n\n');
}

/** `{Slot}` is `{slot}` with a capital. */
function fill(line: string, slots: Record<string, string>): string {
  return line.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = slots[name.toLowerCase()];
    if (value === undefined) throw new RangeError(`a plot uses the unknown slot ${name}`);
    return /^[A-Z]/.test(name) ? value.charAt(0).toUpperCase() + value.slice(1) : value;
  });
}
