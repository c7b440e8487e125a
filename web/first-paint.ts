/** Runs before anything is painted, so that neither the theme nor the language flickers. */
import { kept } from './parts/kept';

const root = document.documentElement;
root.dataset['theme'] = kept('theme') ?? 'auto';
root.lang = kept('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
