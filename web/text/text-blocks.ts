import type { TextView } from '../story/live-text';

const BLOCK_LENGTH = 400;
const CALM_MS = 100;

const waiting = new Set<TextBlocks>();
let frame: number | undefined;

/** One frame of the browser serves all texts of the page. A hidden tab has no frames, so it draws nothing. */
function plan(blocks: TextBlocks): void {
  waiting.add(blocks);
  frame ??= requestAnimationFrame(drawAll);
}

function drawAll(now: number): void {
  frame = undefined;
  for (const blocks of waiting) if (blocks.draw(now)) waiting.delete(blocks);
  if (waiting.size > 0) frame = requestAnimationFrame(drawAll);
}

/**
 * Writes a growing text into an element. It appends once per frame, in blocks of about 400 characters, so that the
 * browser lays out only the last block. The text is never HTML.
 */
export class TextBlocks implements TextView {
  private pending = '';
  private node: Text | undefined;
  private length = 0;
  private drawnAt = 0;
  private isSeen = true;
  private readonly observer: IntersectionObserver;

  constructor(
    private readonly element: HTMLElement,
    private readonly options: { readonly calm?: boolean; readonly markOf: (kind: string, offset: number) => string },
  ) {
    this.observer = new IntersectionObserver(([entry]) => {
      this.isSeen = entry?.isIntersecting ?? true;
      if (this.isSeen && this.pending) plan(this);
    });
    this.observer.observe(element);
  }

  append(text: string): void {
    this.pending += text;
    plan(this);
  }

  replace(text: string): void {
    this.element.textContent = '';
    this.node = undefined;
    this.length = 0;
    this.pending = text;
    this.drawnAt = 0;
    this.write();
  }

  mark(kind: string, offset: number): void {
    this.write();
    this.open().dataset['mark'] = this.options.markOf(kind, offset);
  }

  /** True when nothing is left to draw. */
  draw(now: number): boolean {
    if (!this.isSeen && this.node) return true;
    if (this.options.calm && now - this.drawnAt < CALM_MS) return false;
    this.drawnAt = now;
    this.write();
    return true;
  }

  close(): void {
    waiting.delete(this);
    this.observer.disconnect();
  }

  private write(): void {
    for (let rest = this.pending; rest !== '';) {
      if (!this.node || this.length >= BLOCK_LENGTH) this.open();
      const room = endOfBlock(rest, BLOCK_LENGTH - this.length);
      this.node?.appendData(rest.slice(0, room));
      this.length += room;
      rest = rest.slice(room);
    }
    this.pending = '';
  }

  private open(): HTMLElement {
    const block = document.createElement('span');
    block.className = 'block';
    this.node = document.createTextNode('');
    block.append(this.node);
    this.element.append(block);
    this.length = 0;
    return block;
  }
}

/** After a space, so that no word and no character is split between two elements; if there is no space, at the end. */
function endOfBlock(text: string, room: number): number {
  if (text.length <= room) return text.length;
  const space = text.slice(Math.max(room, 0)).search(/[\s。！？，]/);
  return space < 0 ? text.length : Math.max(room, 0) + space + 1;
}
