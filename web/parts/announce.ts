import { signal } from '@preact/signals';

/** The one live region of the page: short sentences, never tokens. */
export const announced = signal('');
/** The gateway's last answer, as a visible text. */
export const answered = signal<{ readonly text: string; readonly isRefusal: boolean } | undefined>(undefined);

let clearing: ReturnType<typeof setTimeout> | undefined;
let hiding: ReturnType<typeof setTimeout> | undefined;

export function announce(sentence: string): void {
  clearTimeout(clearing);
  // Cleared first, so that an equal sentence is read again.
  announced.value = '';
  clearing = setTimeout(() => (announced.value = sentence), 100);
}

export function showAnswer(text: string, isRefusal = false): void {
  answered.value = { text, isRefusal };
  announce(text);
  clearTimeout(hiding);
  if (!isRefusal) hiding = setTimeout(() => (answered.value = undefined), 6_000);
}
