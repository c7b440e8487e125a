/** A hidden tab has no frames, and its title must change all the same. */
const AT_LATEST_MS = 200;

/**
 * However often the returned function is called, `draw` runs once a frame at most: events come by the thousand. For events only: what a
 * person types must be drawn at once, because the next key may depend on it.
 */
export function onceAFrame(draw: () => void): () => void {
  let frame: number | undefined;
  let late: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(late);
    frame = undefined;
    draw();
  };
  return () => {
    if (frame !== undefined) return;
    frame = requestAnimationFrame(run);
    late = setTimeout(run, AT_LATEST_MS);
  };
}
