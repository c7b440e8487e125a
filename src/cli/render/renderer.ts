import type { StoryEvent } from '../../protocol';
import type { ProjectView } from '../../client';
import type { StoryView } from './story-view';

/** What is known when the watch is over. */
export interface Ending {
  readonly project: ProjectView;
  /** Where the film lies on this machine. */
  readonly filmPath?: string;
  /** From the first event to the last that was seen. */
  readonly seconds: number;
}

/** Shows one story to a person or a program. */
export interface Renderer {
  /** One event, and where the story stands before and after it. */
  show(event: StoryEvent, before: StoryView, after: StoryView): void;
  /** A line that is no event. */
  note(line: string): void;
  /** Nothing more comes. Without an ending the watch was left. */
  close(ending?: Ending): void;
}
