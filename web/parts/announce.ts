import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import type { Reason } from '../i18n/server-words';
import type { Recipe } from './copy-as';

/** The one live region of the page: short sentences, never tokens. */
export const announced = signal('');

/** How a change that the gateway has accepted is taken back. */
export interface Undo {
  /** What that does, and what it costs. */
  readonly says: ComponentChildren;
  readonly run: () => Promise<unknown>;
  readonly recipe: Recipe;
}

/** The gateway's last answer, as a visible text. */
export const answered = signal<(Reason & { readonly isRefusal: boolean; readonly undo?: Undo }) | undefined>(undefined);

const ANSWER_MS = 6_000;
const UNDO_MS = 20_000;

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

export function showAnswer(text: string, undo?: Undo): void {
  answered.value = { text, isRefusal: false, ...(undo && { undo }) };
  announceText(text);
  hideLater();
}

/** Of the action with this name, if it has one. It stays until it is closed. */
export function showRefusal(reason: Reason, action?: string): void {
  const text = action === undefined ? reason.text : t().named(action, reason.text);
  answered.value = { ...reason, text, isRefusal: true };
  announceText(text);
  hideLater();
}

function announceText(text: string): void {
  announce(t().sentence(text));
}

/** A refusal stays. */
export function hideLater(): void {
  clearTimeout(hiding);
  if (!answered.value || answered.value.isRefusal) return;
  hiding = setTimeout(() => (answered.value = undefined), answered.value.undo ? UNDO_MS : ANSWER_MS);
}

/** Who points at an answer, or has the focus in it, needs it longer. */
export function holdAnswer(): void {
  clearTimeout(hiding);
}
