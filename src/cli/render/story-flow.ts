import type { LaneId, LogEvent } from '../../protocol';
import type { LaneState } from './lane-state';
import { StoryboardText } from './storyboard-text';
import { printable, type Style } from './style';

/** Prints the text of one lane after the other as it grows, below a heading. Printed text is never removed. */
export class StoryFlow {
  /** The lane whose text is printed now. */
  private lane: LaneId | undefined;
  private board: StoryboardText | undefined;
  private atLineStart = true;

  constructor(
    private readonly print: (text: string) => void,
    private readonly style: Style,
  ) {}

  get isOpen(): boolean {
    return this.lane !== undefined;
  }

  show(event: LogEvent, before: LaneState | undefined, after: LaneState): void {
    switch (event.type) {
      case 'stage_update':
        if (event.status === 'processing') this.open(after);
        else if (this.lane === after.lane) this.close();
        break;
      case 'token':
        this.open(after);
        this.add(event.offset === before?.bytes ? event.content : after.text.slice(before?.text.length ?? 0));
        break;
      case 'reset':
        this.open(after);
        if (before?.text || event.attempt > 1) this.mark(`↺ starts again (${event.reason}, attempt ${event.attempt})`);
        break;
      case 'resumed':
        if (event.how === 'reuse') break;
        this.open(after);
        this.mark(`↻ continues from byte ${event.offset} (${event.how}, attempt ${event.attempt})`, false);
        break;
      case 'done':
        this.settle(after);
        break;
      default:
        break;
    }
  }

  /** A snapshot takes the place of what was shown: only what is new is printed, unless the text is another one. */
  replace(before: LaneState | undefined, after: LaneState): void {
    if (after.text === '' && after.status !== 'processing') return;
    const shown = before?.text ?? '';
    if (after.text === shown && after.check === before?.check && shown !== '') return;
    this.open(after);
    if (after.text.startsWith(shown)) {
      this.add(after.text.slice(shown.length));
    } else {
      this.mark('↺ another text');
      this.add(after.text);
    }
    if (after.check) this.settle(after);
  }

  close(): void {
    if (!this.atLineStart) this.print('\n');
    this.atLineStart = true;
    this.lane = undefined;
  }

  private open({ lane, attempt }: LaneState): void {
    if (this.lane === lane) return;
    this.close();
    this.lane = lane;
    this.startText();
    const again = attempt > 1 ? this.style.dim(` attempt ${attempt}`) : '';
    this.print(`\n${this.style.bold(this.style.cyan(lane))}${again}\n`);
  }

  private startText(): void {
    this.board = this.lane === ('storyboard' as LaneId) ? new StoryboardText(this.style) : undefined;
  }

  private add(text: string): void {
    const shown = this.board ? this.board.feed(printable(text)) : printable(text);
    if (shown === '') return;
    this.print(shown);
    this.atLineStart = shown.endsWith('\n');
  }

  private mark(text: string, fromTheStart = true): void {
    if (!this.atLineStart) this.print('\n');
    this.print(`${this.style.yellow(text)}\n`);
    this.atLineStart = true;
    if (fromTheStart) this.startText();
  }

  private settle(state: LaneState): void {
    this.close();
    this.print(`${checkLine(state, this.style)}\n`);
  }
}

/** The result of comparing a committed text with its announced length and hash. */
export function checkLine({ lane, bytes, check }: LaneState, style: Style): string {
  if (check === 'verified')
    return `${style.green('✓')} ${lane}: ${bytes.toLocaleString('en-US')} bytes, ${style.green('verified')}`;
  if (check === 'mismatch') {
    return style.red(style.bold(`✗ ${lane}: MISMATCH: the text shown is not the one that was stored`));
  }
  return `${style.green('✓')} ${lane} ${style.dim('(not checked: its beginning was not seen)')}`;
}
