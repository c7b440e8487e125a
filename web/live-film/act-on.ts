import { ask, type Answer } from '../api/ask';
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

/** Stores an edit of the film as it was at `version`. Throws `Problem` 412 if the film has been changed since. */
export function storeEdit(
  story: Story,
  changes: object,
  version: number,
): Promise<Answer<{ readonly version: number }>> {
  return ask('PATCH', story.path, changes, { 'if-match': `"v${version}"` });
}
