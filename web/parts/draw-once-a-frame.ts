import { options } from 'preact';

/** A hidden tab has no frames, and its title must change all the same. */
const AT_LATEST_MS = 200;

/** However often something changes, components are drawn again once a frame at most: events come by the thousand. */
export function drawOnceAFrame(): void {
  options.debounceRendering = (draw) => {
    let isDrawn = false;
    const once = () => {
      if (isDrawn) return;
      isDrawn = true;
      clearTimeout(late);
      cancelAnimationFrame(frame);
      draw();
    };
    const late = setTimeout(once, AT_LATEST_MS);
    const frame = requestAnimationFrame(once);
  };
}
