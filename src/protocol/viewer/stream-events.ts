import type { StoryEvent } from '../events';
import { readEvent } from '../read-event';
import { fields, number, oneOf, record, text, type Reader } from '../shape';

/** An event of the gateway itself, which has no position on the log. */
export type StreamEvent =
  | { readonly type: 'caught_up'; readonly server_time?: number }
  | { readonly type: 'stream'; readonly state: 'live' | 'behind' | 'away'; readonly reason?: string }
  | { readonly type: 'expiring' }
  | { readonly type: 'end'; readonly reason: string };

const CONTROL_READERS: Readonly<Record<string, Reader<object>>> = {
  caught_up: fields({}, { server_time: number }),
  stream: fields({ state: oneOf(['live', 'behind', 'away']) }, { reason: text }),
  expiring: fields({}),
  end: fields({ reason: text }),
};

export function isStreamEvent(event: StoryEvent | StreamEvent): event is StreamEvent {
  return Object.hasOwn(CONTROL_READERS, event.type);
}

/** A message of the gateway. Undefined for one of a newer release; throws `Misshapen` for what is none. */
export function readStreamEvent(value: unknown): StoryEvent | StreamEvent | undefined {
  const type = text(record(value)['type'], 'type');
  const control = Object.hasOwn(CONTROL_READERS, type) ? CONTROL_READERS[type] : undefined;
  return control ? ({ type, ...control(value) } as StreamEvent) : readEvent(value);
}
