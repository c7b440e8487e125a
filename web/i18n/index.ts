import { computed, signal } from '@preact/signals';
import { kept, keep } from '../parts/kept';
import { en, type Words } from './en';
import { zh } from './zh';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

const chosen = kept('language');
export const language = signal<Language>(
  chosen === 'en' || chosen === 'zh' ? chosen : navigator.language.startsWith('zh') ? 'zh' : 'en',
);
const words = computed<Words>(() => (language.value === 'zh' ? zh : en));

/** The texts in the language of the page; a component that reads them is drawn again when it changes. */
export function t(): Words {
  return words.value;
}

export function chooseLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next;
  keep('language', next);
}
