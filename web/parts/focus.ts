/** A `ref` that focuses an element that has just been opened. `autofocus` works only once per page. */
export function focusNew(element: HTMLElement | null): void {
  element?.focus();
}

/** A `ref` that focuses an element which appears in place of what had the focus, and does nothing if the focus is elsewhere. */
export function focusInstead(element: HTMLElement | null): void {
  if (document.activeElement === document.body) element?.focus();
}
