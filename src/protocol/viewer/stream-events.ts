import type { StoryEvent } from '../events';

/** An event of the gateway itself, which has no position on the log. */
export type StreamEvent =
  | { readonly type: 'caught_up'; readonly server_time?: number }
  | { readonly type: 'stream'; readonly state: 'live' | 'behind' | 'away'; readonly reason?: string }
  | { readonly type: 'expiring' }
  | { readonly type: 'end'; readonly reason: string };

const CONTROLS: ReadonlySet<string> = new Set<StreamEvent['type']>(['caught_up', 'stream', 'expiring', 'end']);

export function isStreamEvent(event: StoryEvent | StreamEvent): event is StreamEvent {
  return CONTROLS.has(event.type);
}
