import { useRef, useState } from 'preact/hooks';

/** So long that the click of a finger that has just been lifted still meets what was under it. */
const LET_GO_MS = 500;

/**
 * Whether somebody points at an element or has the focus in it, with the handlers for that element. A pointer that rests
 * where a dialog was closed points at nothing.
 */
export function useHold() {
  const [isHeld, setHeld] = useState(false);
  const isPointed = useRef(false);
  const point = () => {
    isPointed.current = true;
    setHeld(true);
  };
  const letGo = ({ currentTarget }: { readonly currentTarget: HTMLElement }) =>
    setTimeout(() => setHeld(isPointed.current || currentTarget.matches(':focus-within')), LET_GO_MS);
  return {
    isHeld,
    onPointerMove: point,
    onPointerDown: point,
    onPointerLeave: (event: { readonly currentTarget: HTMLElement }) => {
      isPointed.current = false;
      letGo(event);
    },
    onFocusIn: () => setHeld(true),
    onFocusOut: letGo,
  };
}
