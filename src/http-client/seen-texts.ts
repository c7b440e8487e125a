import { laneEntries, utf8Bytes, type LaneId, type StoryEvent } from '../protocol';
import { withoutFirst } from '../protocol/viewer';

/**
 * How much of each lane's text the reader has. A stream that was cut within joined tokens begins again before them, and
 * the reader of a watch gets each event once.
 */
export class SeenTexts {
  private readonly lanes = new Map<LaneId, { readonly fence: number; readonly offset: number }>();

  /**
   * The event as the reader must get it; `known` if it contains nothing new, `gap` if something before it is missing.
   */
  take(event: StoryEvent): StoryEvent | 'known' | 'gap' {
    if (event.type === 'snapshot') {
      this.lanes.clear();
      for (const [lane, { fence, offset }] of laneEntries(event.lanes)) this.lanes.set(lane, { fence, offset });
      return event;
    }
    const { lane, fence } = event;
    if (lane === undefined || fence === undefined) return event;
    if (event.type === 'reset') this.lanes.set(lane, { fence, offset: 0 });
    if (event.type === 'resumed') this.lanes.set(lane, { fence, offset: event.offset });
    if (event.type !== 'token') return event;
    const known = this.lanes.get(lane);
    if (known && fence < known.fence) return 'known';
    const end = event.offset + utf8Bytes(event.content);
    const held = known && known.fence === fence ? known.offset : known ? 0 : event.offset;
    if (event.offset > held) return 'gap';
    if (end <= held) return 'known';
    const content = withoutFirst(event.content, held - event.offset);
    if (content === undefined) return 'gap';
    this.lanes.set(lane, { fence, offset: end });
    return event.offset === held ? event : { ...event, offset: held, content };
  }
}
