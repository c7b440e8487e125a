/** As a `ref`: what has just been opened has the focus. `autofocus` works once a page only. */
export function focusNew(element: HTMLElement | null): void {
  element?.focus();
}
