import type { StoryEvent } from '../../protocol';
import type { ProjectView } from '../../client';
import type { StoryView } from './story-view';

/** The facts that are known after the watch. */
export interface Ending {
  readonly project: ProjectView;
  /** The path of the film on this machine. */
  readonly filmPath?: string;
  /** The time from the first to the last event. */
  readonly seconds: number;
}

/** Shows one story to a person or a program. */
export interface Renderer {
  show(event: StoryEvent, before: StoryView, after: StoryView): void;
  note(line: string): void;
  /** No event follows. Without an ending, the person has left the watch. */
  close(ending?: Ending): void;
}
