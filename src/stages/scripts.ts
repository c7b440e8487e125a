/** The scripts that are distinguished; the scripts of one language count as one. */
const SCRIPTS: Readonly<Record<string, RegExp>> = {
  Latin: /\p{Script=Latin}/u,
  'Chinese or Japanese': /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
  Korean: /\p{Script=Hangul}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Greek: /\p{Script=Greek}/u,
  Arabic: /\p{Script=Arabic}/u,
  Hebrew: /\p{Script=Hebrew}/u,
  Devanagari: /\p{Script=Devanagari}/u,
  Bengali: /\p{Script=Bengali}/u,
  Tamil: /\p{Script=Tamil}/u,
  Telugu: /\p{Script=Telugu}/u,
  Thai: /\p{Script=Thai}/u,
  Georgian: /\p{Script=Georgian}/u,
  Armenian: /\p{Script=Armenian}/u,
};
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** The beginning of a text shows its script. */
const MAX_READ = 5_000;
const FEW_LETTERS = 4;
/** A text is in a script that most of its letters have, and not in one that few have. */
const MAX = 0.7;
const FEW = 0.3;
/** A topic that names a language may want a text in another language than its own. */
const NAMES_LANGUAGE =
  /\bin (?:plain |simple )?(?:english|chinese|mandarin|japanese|korean|russian|arabic|hindi|greek|hebrew|thai)\b|用(?:英|中|日|韩|法|德|俄)[文语]|(?:英|中|日|韓)国?語で|(?:영어|한국어|중국어|일본어)로|на (?:английском|русском|китайском)|بال(?:عربية|إنجليزية)/i;

/** The script of the source, if the text is in another script. */
export function scriptMissing(source: string, text: string): string | undefined {
  if (NAMES_LANGUAGE.test(source.slice(0, MAX_READ))) return undefined;
  const wanted = countsOf(source);
  const given = countsOf(text);
  const [name, count] = [...wanted.scripts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  if (count < FEW_LETTERS || count < wanted.letters * MAX || given.letters < FEW_LETTERS) return undefined;
  if ((given.scripts.get(name) ?? 0) < given.letters * FEW) return name;
  // Japanese has both of its scripts in every sentence.
  if (wanted.kana > wanted.letters * FEW && given.kana === 0) return 'Japanese';
  return undefined;
}

/** The scripts of languages by their ISO 15924 codes. */
const BY_CODE: Readonly<Record<string, string>> = {
  Latn: 'Latin',
  Hans: 'Chinese or Japanese',
  Hant: 'Chinese or Japanese',
  Jpan: 'Chinese or Japanese',
  Kore: 'Korean',
  Cyrl: 'Cyrillic',
  Grek: 'Greek',
  Arab: 'Arabic',
  Hebr: 'Hebrew',
  Deva: 'Devanagari',
  Beng: 'Bengali',
  Taml: 'Tamil',
  Telu: 'Telugu',
  Thai: 'Thai',
  Geor: 'Georgian',
  Armn: 'Armenian',
};

/** The script of the language, if the text is in another script. `language`: a BCP 47 tag. */
export function scriptOfLanguageMissing(language: string, text: string): string | undefined {
  const code = new Intl.Locale(language).maximize().script ?? '';
  const name = BY_CODE[code];
  const given = countsOf(text);
  if (name === undefined || given.letters < FEW_LETTERS) return undefined;
  if ((given.scripts.get(name) ?? 0) < given.letters * FEW) return name;
  return code === 'Jpan' && given.kana === 0 ? 'Japanese' : undefined;
}

function countsOf(text: string) {
  const scripts = new Map<string, number>();
  let letters = 0;
  let kana = 0;
  for (const [letter] of text.slice(0, MAX_READ).matchAll(/\p{L}/gu)) {
    letters += 1;
    if (KANA.test(letter)) kana += 1;
    const name = Object.entries(SCRIPTS).find(([, script]) => script.test(letter))?.[0];
    if (name) scripts.set(name, (scripts.get(name) ?? 0) + 1);
  }
  return { scripts, letters, kana };
}
