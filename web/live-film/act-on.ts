import { act } from '../parts/act';
import type { Undo } from '../parts/announce';
import type { Story } from '../story/story';

/**
 * As `act`, for a change of a film: its answer is shown when the page shows what is stored since. So whoever acts on an
 * answer acts on the present state, and is not refused because of the own change before it.
 */
export function actOn<T>(
  story: Story,
  name: string,
  work: () => Promise<T>,
  undo?: (answer: T) => Undo,
): Promise<boolean> {
  return act(name, () => work().finally(story.refresh), undo);
}
