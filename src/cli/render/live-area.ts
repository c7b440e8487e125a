import { widthOf } from './display-width';
import type { Screen } from './screen';

/** The last lines on a terminal, drawn again in place. Lines that are printed above them stay. */
export class LiveArea {
  private drawn: readonly string[] = [];

  constructor(private readonly screen: Screen) {}

  draw(lines: readonly string[]): void {
    if (lines.length === this.drawn.length && lines.every((line, i) => line === this.drawn[i])) return;
    this.screen.write(this.erase() + lines.map((line) => `${line}\n`).join(''));
    this.drawn = lines;
  }

  printAbove(text: string): void {
    const lines = this.drawn;
    this.screen.write(this.erase() + text);
    this.draw(lines);
  }

  /** The drawn lines stay permanently; the next area begins below. */
  freeze(): void {
    this.drawn = [];
  }

  private erase(): string {
    // A terminal that has become narrower has folded the lines.
    const rows = this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / this.screen.columns)), 0);
    this.drawn = [];
    return rows === 0 ? '' : `\x1b[${rows}A\r\x1b[J`;
  }
}
