import { signal } from '@preact/signals';
import { keep } from '../parts/kept';
import type { Words } from './en';
import { languageOfReader, load, type Language } from './load';

export { LANGUAGES, type Language } from './load';

export const language = signal<Language>(languageOfReader());
const words = signal<Words | undefined>(undefined);

/** The texts in the language of the page; a component that reads them is drawn again when it changes. */
export function t(): Words {
  if (!words.value) throw new Error('The words of the page are not loaded.');
  return words.value;
}

/** Resolves when `t` gives the words of the reader's language. */
export async function loadWords(): Promise<void> {
  words.value = await load(language.value);
}

/** Rejects if the words cannot be loaded. */
export async function chooseLanguage(next: Language): Promise<void> {
  words.value = await load(next);
  language.value = next;
  document.documentElement.lang = next;
  keep('language', next);
}
