import { signal } from '@preact/signals';
import { keep, kept } from '../parts/kept';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const chosen = kept('theme');
export const theme = signal<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'auto');

export function chooseTheme(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset['theme'] = next;
  keep('theme', next === 'auto' ? undefined : next);
}
