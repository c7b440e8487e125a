import { signal } from '@preact/signals';
import { laneOfRole, laneParts, roleOf, type LaneId, type ProjectStatus, type StoryEvent } from '../../src/protocol';
import { onceAFrame } from '../parts/once-a-frame';
import { isStreamEvent, StoryPage, type LanePage, type StreamEvent } from '../../src/protocol/viewer';

/** A picture or a clip of a scene. */
interface Asset {
  readonly sha256: string;
}

const KEPT_EVENTS = 5_000;

/**
 * A project as its events describe it, for components. What the events mean is `StoryPage`'s to know; here is only who is drawn
 * again. Texts are drawn outside of the virtual DOM, because tokens come by the thousand: see `onText`.
 */
export class StoryModel {
  /** The newest last. The array is changed in place. */
  readonly events: StoryEvent[] = [];
  private readonly changes = signal(0);
  private readonly drawComponents = onceAFrame(() => (this.changes.value += 1));
  private readonly page: StoryPage;
  private readonly drawers = new Map<string, Set<() => void>>();

  /** `onGap` is called when something that is shown lacks a part, or is not what is stored. */
  constructor(private readonly onGap: () => void) {
    this.page = new StoryPage(() => {
      this.changed();
      if (this.page.needsSnapshot) onGap();
    });
  }

  /** Whoever reads it while drawing is drawn again when anything but a text has changed. */
  get now(): StoryPage {
    void this.changes.value;
    return this.page;
  }

  /** Undefined before the first snapshot. */
  get status(): ProjectStatus | undefined {
    return this.now.topic === '' ? undefined : this.page.status;
  }

  lane(name: string): LanePage | undefined {
    return this.now.lanes.get(name as LaneId);
  }

  /** What has just been made of a scene; otherwise what is stored. */
  asset(scene: number, role: 'image' | 'clip'): Asset | undefined {
    const made = this.now.items.get(laneOfRole(role, scene))?.metadata as Asset | undefined;
    const stored = this.page.scenes.find(({ scene_number: n }) => n === scene);
    return made?.sha256 === undefined ? stored?.[role] : made;
  }

  /** The picture or clip that is shown now, if the event states that it has been replaced. */
  replacedBy(event: StoryEvent | StreamEvent): { readonly before: string; readonly now: string } | undefined {
    if (event.type !== 'item_completed' || event.lane === undefined) return undefined;
    const role = roleOf(event.lane);
    const { scene } = laneParts(event.lane);
    if (scene === undefined || (role !== 'image' && role !== 'clip')) return undefined;
    const [before, now] = [this.asset(scene, role)?.sha256, (event.metadata as Partial<Asset> | undefined)?.sha256];
    return before === undefined || now === undefined || before === now ? undefined : { before, now };
  }

  /** Calls `draw` whenever the text of the lane may have changed, until the function that it gives is called. */
  onText(lane: string, draw: () => void): () => void {
    const drawers = this.drawers.get(lane) ?? new Set();
    this.drawers.set(lane, drawers.add(draw));
    draw();
    return () => drawers.delete(draw);
  }

  take(event: StoryEvent | StreamEvent): void {
    if (!isStreamEvent(event)) {
      this.events.push(event);
      if (this.events.length > KEPT_EVENTS * 1.2) this.events.splice(0, this.events.length - KEPT_EVENTS);
    }
    const lane = event.type === 'token' ? event.lane : undefined;
    const before = lane && this.page.lanes.get(lane)?.fence;
    this.page.apply(event);
    if (lane !== undefined && before !== undefined && before === this.page.lanes.get(lane)?.fence) this.draw(lane);
    else this.changed();
    if (this.page.needsSnapshot) this.onGap();
  }

  private changed(): void {
    this.drawComponents();
    for (const lane of this.drawers.keys()) this.draw(lane);
  }

  private draw(lane: string): void {
    for (const draw of this.drawers.get(lane) ?? []) draw();
  }
}
