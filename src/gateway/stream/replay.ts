import { isFollowedBySnapshot } from '../../client/internal';
import type { Cursor, StoryEvent } from '../../protocol';
import { frameOf } from './frames';
import { positionOf } from './ring';
import type { Viewer } from './viewer';

/** A watch of one viewer's own, whose first event is known. */
export interface Replay {
  readonly first: StoryEvent;
  readonly watch: AsyncGenerator<StoryEvent, void>;
}

/**
 * Gives the viewer the events of its watch, at the viewer's pace, until one of them is where the viewer can join the
 * others. Resolves with what has ended it: `over` if the watch has no more events, `broken` if it has failed.
 */
export async function replay(
  viewer: Viewer,
  { first, watch }: Replay,
  joins: (at: Cursor) => boolean,
): Promise<'joined' | 'gone' | 'over' | 'broken'> {
  try {
    for (let event: StoryEvent | undefined = first; event; event = (await watch.next()).value ?? undefined) {
      await viewer.ready();
      if (viewer.isGone) return 'gone';
      viewer.give(frameOf(event));
      const at = positionOf(event);
      if (at && !isFollowedBySnapshot(event) && joins(at)) return 'joined';
    }
    return 'over';
  } catch {
    return 'broken';
  } finally {
    await watch.return();
  }
}
