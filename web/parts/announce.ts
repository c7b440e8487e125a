import { signal } from '@preact/signals';

/** The one live region of the page: short sentences, never tokens. */
export const announced = signal('');
/** The gateway's last answer, as a visible text. */
export const answered = signal<{ readonly text: string; readonly isRefusal: boolean } | undefined>(undefined);

/** Sentences of one moment are read together, so that none drives another out. */
const MOMENT_MS = 400;

let waiting: string[] = [];
let speaking: ReturnType<typeof setTimeout> | undefined;
let hiding: ReturnType<typeof setTimeout> | undefined;

export function announce(sentence: string): void {
  // Cleared first, so that an equal sentence is read again.
  announced.value = '';
  waiting.push(sentence);
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    announced.value = waiting.join(' ');
    waiting = [];
  }, MOMENT_MS);
}

export function showAnswer(text: string, isRefusal = false): void {
  answered.value = { text, isRefusal };
  announce(`${text}.`.replace(/([.!?。！？])\.$/, '$1'));
  clearTimeout(hiding);
  if (!isRefusal) hiding = setTimeout(() => (answered.value = undefined), 6_000);
}
