import type { StoryEvent } from '../../protocol';
import type { Renderer } from './renderer';
import type { Screen } from './screen';

/** One JSON event a line and nothing else. */
export class JsonRenderer implements Renderer {
  constructor(
    private readonly screen: Screen,
    private readonly say: (line: string) => void,
  ) {}

  show(event: StoryEvent): void {
    this.screen.write(`${JSON.stringify(event)}\n`);
  }

  note(line: string): void {
    this.say(line);
  }

  close(): void {
    // A program reads the end from the last event.
  }
}
