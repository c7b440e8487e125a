import { languageName } from '../../src/protocol';
import { t } from '../i18n';

/** The languages that are offered; the API takes any other, too. */
const LANGUAGES = 'ar bn de el en es fa fi fr he hi id it ja ko nl pl pt pt-BR ru sv th tr uk vi zh zh-Hant'.split(' ');

interface Choice {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Each language by its name in the language of the page. */
export function LanguageChoice({ value, onChange }: Choice) {
  const { storyLanguage, storyLanguageAsTopic, locale } = t();
  const offered = LANGUAGES.map((tag) => [tag, languageName(tag, locale)] as const);
  return (
    <select
      name="language"
      aria-label={storyLanguage}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{storyLanguageAsTopic}</option>
      {offered
        .sort(([, one], [, other]) => one.localeCompare(other, locale))
        .map(([tag, name]) => (
          <option key={tag} value={tag}>
            {name}
          </option>
        ))}
    </select>
  );
}

/** Each frame in words, because a screen reader reads `9:16` as a time. */
export function FrameChoice({ value, onChange }: Choice) {
  const words = t();
  const frames = [
    ['', words.frameUsual],
    ['16:9', words.frameWide],
    ['9:16', words.frameTall],
    ['1:1', words.frameSquare],
    ['4:5', words.framePortrait],
    ['21:9', words.frameCinema],
  ] as const;
  return (
    <select
      name="frame"
      aria-label={words.frame}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {frames.map(([frame, name]) => (
        <option key={frame} value={frame}>
          {name}
        </option>
      ))}
    </select>
  );
}
