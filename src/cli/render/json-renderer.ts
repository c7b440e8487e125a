import type { StoryEvent } from '../../protocol';
import type { Renderer } from './renderer';
import type { Screen } from './screen';

const CONTROLS = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** One JSON event a line and nothing else. */
export class JsonRenderer implements Renderer {
  constructor(
    private readonly screen: Screen,
    private readonly printNote: (line: string) => void,
  ) {}

  show(event: StoryEvent): void {
    // JSON escapes what moves a cursor below 32, and lets the rest through.
    const line = JSON.stringify(event).replace(
      CONTROLS,
      (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    this.screen.write(`${line}\n`);
  }

  note(line: string): void {
    this.printNote(line);
  }

  close(): void {
    // A program reads the end from the last event.
  }
}
