import type { LanePage, TextBlock } from '../../src/protocol/viewer';

const CALM_MS = 100;
/** Off the screen: for those who have the page read to them, and for a search in the page. */
const UNSEEN_MS = 1_000;

interface TextViewOptions {
  /** Drawn ten times a second only, because it is not what the person looks at. */
  readonly calm: boolean;
  /** The mark of a place where another attempt took over. */
  readonly markOf: (offset: number) => string;
}

const waiting = new Set<TextView>();
let frame: number | undefined;

function drawAll(now: number): void {
  frame = undefined;
  const due = [...waiting];
  waiting.clear();
  for (const view of due) view.draw(now);
}

/**
 * Shows a lane's text in an element: once a frame, one element for each block, so that the browser lays out the newest only.
 * Always as text, never as HTML. One frame serves all texts of the page; a hidden tab has no frames, so it draws nothing.
 */
export class TextView {
  private drawn: TextBlock[] = [];
  private drawnAt = -UNSEEN_MS;
  private later: ReturnType<typeof setTimeout> | undefined;
  private isSeen = true;
  private readonly observer: IntersectionObserver;

  constructor(
    private readonly element: HTMLElement,
    private readonly lane: () => LanePage | undefined,
    private readonly options: TextViewOptions,
  ) {
    this.observer = new IntersectionObserver(([entry]) => {
      this.isSeen = entry?.isIntersecting ?? true;
      if (this.isSeen) this.plan();
    });
    this.observer.observe(element);
  }

  readonly plan = (): void => {
    waiting.add(this);
    frame ??= requestAnimationFrame(drawAll);
  };

  close(): void {
    waiting.delete(this);
    clearTimeout(this.later);
    this.observer.disconnect();
  }

  draw(now: number): void {
    const every = !this.isSeen ? UNSEEN_MS : this.options.calm ? CALM_MS : 0;
    const wait = this.drawnAt + every - now;
    clearTimeout(this.later);
    if (wait > 0) {
      this.later = setTimeout(this.plan, wait);
      return;
    }
    this.drawnAt = now;
    this.show(this.lane());
  }

  private show(lane: LanePage | undefined): void {
    const blocks = lane?.blocks ?? [];
    let at = 0;
    while (at < blocks.length && isSame(this.drawn[at], blocks[at])) at += 1;
    while (this.element.childNodes.length > blocks.length) this.element.lastChild?.remove();
    for (; at < blocks.length; at += 1) this.put(at, blocks[at]?.text ?? '');
    this.drawn = [...blocks];
    if (lane && lane.marks.length > 0) this.mark(lane);
  }

  private put(at: number, text: string): void {
    const old = this.element.childNodes[at];
    if (!old) {
      const block = document.createElement('span');
      block.className = 'block';
      block.append(text);
      this.element.append(block);
      return;
    }
    const node = old.firstChild as Text;
    // Most of the time it has only grown, and a reader's selection within it stays.
    if (text.startsWith(node.data)) node.appendData(text.slice(node.length));
    else node.data = text;
  }

  private mark(lane: LanePage): void {
    const offsets = new Set(lane.marks.filter(({ kind }) => kind === 'resumed').map(({ offset }) => offset));
    let offset = 0;
    for (const [at, { bytes }] of lane.blocks.entries()) {
      const { dataset } = this.element.childNodes[at] as HTMLElement;
      if (offset > 0 && offsets.has(offset)) dataset['mark'] = this.options.markOf(offset);
      else delete dataset['mark'];
      offset += bytes;
    }
  }
}

function isSame(drawn: TextBlock | undefined, block: TextBlock | undefined): boolean {
  return drawn === block || drawn?.text === block?.text;
}
