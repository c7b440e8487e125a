import type { ComponentChildren } from 'preact';
import { acting } from './act';

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  /** The name under which `act` runs: the button waits for the answer. */
  readonly name?: string;
  readonly keys?: string;
  readonly kind?: 'main' | 'plain' | 'danger' | 'quiet';
  readonly title?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onShown?: (element: HTMLElement | null) => void;
}

export function Button(props: ButtonProps) {
  const { children, onClick, name, keys, kind = 'plain', title, disabled, pressed, onShown } = props;
  const isBusy = name !== undefined && acting.value.has(name);
  return (
    <button
      type="button"
      ref={onShown}
      class={`button ${kind}`}
      title={title}
      disabled={disabled}
      aria-pressed={pressed}
      aria-disabled={isBusy || undefined}
      aria-keyshortcuts={keys}
      onClick={() => isBusy || onClick()}
    >
      {children}
      {keys && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  );
}
