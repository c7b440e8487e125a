import { languageName } from '../../src/protocol';
import { t } from '../i18n';

/** A word that the server takes, and what it is called. */
export type Choice = readonly [word: string, name: string];

/** The languages that are offered; the API takes any other, too. */
const LANGUAGES = 'ar bn de el en es fa fi fr he hi id it ja ko nl pl pt pt-BR ru sv th tr uk vi zh zh-Hant'.split(' ');

/** Each language by its name in the language of the page. */
export function languageChoices(present = ''): readonly Choice[] {
  const { storyLanguageAsTopic, locale } = t();
  const offered = withPresent(LANGUAGES, present).map((tag) => [tag, languageName(tag, locale)] as const);
  return [['', storyLanguageAsTopic], ...offered.sort(([, one], [, other]) => one.localeCompare(other, locale))];
}

/** Each frame in words, because a screen reader reads `9:16` as a time. */
export function frameChoices(present = ''): readonly Choice[] {
  const words = t();
  const names: Readonly<Record<string, string>> = {
    '': words.frameUsual,
    '16:9': words.frameWide,
    '9:16': words.frameTall,
    '1:1': words.frameSquare,
    '4:5': words.framePortrait,
    '21:9': words.frameCinema,
  };
  return withPresent(Object.keys(names), present).map((frame) => [frame, names[frame] ?? frame] as const);
}

function withPresent(offered: readonly string[], present: string): string[] {
  return [...new Set([...offered, ...(present === '' ? [] : [present])])];
}
