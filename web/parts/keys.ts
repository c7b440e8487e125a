import { signal } from '@preact/signals';
import { keep, kept } from './kept';

/** Single keys, and what they do on the screen that is shown. */
export interface KeyAction {
  readonly label: string;
  readonly run: () => void;
}

const layers: Map<string, KeyAction>[] = [];
/** Changes whenever the list of keys does. */
export const keyCount = signal(0);
export const areKeysOn = signal(kept('keys') !== 'off');

export function turnKeys(on: boolean): void {
  areKeysOn.value = on;
  keep('keys', on ? undefined : 'off');
}

/** Adds keys until the returned function is called. The newest action of a key counts. */
export function addKeys(actions: Readonly<Record<string, KeyAction | undefined>>): () => void {
  const layer = new Map(Object.entries(actions).flatMap(([key, action]) => (action ? [[key, action] as const] : [])));
  layers.push(layer);
  keyCount.value += 1;
  return () => {
    layers.splice(layers.indexOf(layer), 1);
    keyCount.value += 1;
  };
}

export function allKeys(): readonly (readonly [string, KeyAction])[] {
  return [...new Map(layers.flatMap((layer) => [...layer])).entries()];
}

let first: { readonly key: string; readonly at: number } | undefined;

/** Keys do nothing while somebody types, composes Chinese, or a dialog is open. */
export function startKeys(): void {
  addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (!areKeysOn.value || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isField =
      target instanceof Element &&
      target.closest("input:not([type='checkbox']), textarea, select, [contenteditable], dialog") !== null;
    const isButton = target instanceof Element && target.closest('button, a, summary, video') !== null;
    if (isField || (isButton && (key === 'Enter' || key === ' '))) return;
    const pair = first && event.timeStamp - first.at < 1_500 ? `${first.key} ${key}` : undefined;
    const find = (name: string) => layers.findLast((layer) => layer.has(name))?.get(name);
    const action = (pair !== undefined && find(pair)) || find(key);
    first = { key, at: event.timeStamp };
    if (!action) return;
    event.preventDefault();
    action.run();
  });
}
