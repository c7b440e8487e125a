import { kept } from '../parts/kept';
import type { Words } from './en';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The one that was chosen, or that of the browser. */
export function languageOfReader(): Language {
  const wanted = kept('language') ?? navigator.language;
  return wanted.startsWith('zh') ? 'zh' : 'en';
}

/** Each language is a file of its own, so that a reader loads one. */
export async function load(language: Language): Promise<Words> {
  return language === 'zh' ? (await import('./zh')).zh : (await import('./en')).en;
}
