/** A `ref` that focuses an element that has just been opened. `autofocus` works only once per page. */
export function focusNew(element: HTMLElement | null): void {
  element?.focus();
}
