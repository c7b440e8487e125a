import type { ServerResponse } from 'node:http';
import { StoryreelError } from '../protocol';
import type { ProjectHub } from './stream/project-hub';
import { whenGone } from './when-gone';

const MOST_SECONDS = 60;

/** How many seconds the caller wants to wait for something new (RFC 7240); 0 for not at all. */
export function waitIn(headers: Readonly<Record<string, unknown>>): number {
  const { prefer } = headers;
  const given = typeof prefer === 'string' ? /(?:^|[\s,;])wait=(\d{1,9})(?:$|[\s,;])/i.exec(prefer)?.[1] : undefined;
  return Math.min(Number(given ?? 0), MOST_SECONDS);
}

/** Looks until it finds something new, at each event of the project that is no text; at the end of the wait, what there is. */
export async function untilChanged<T>(
  look: () => Promise<T>,
  isNew: (found: T) => boolean,
  hub: ProjectHub,
  seconds: number,
  response: ServerResponse,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), seconds * 1000);
  let isGone = false;
  whenGone(response, () => {
    isGone = true;
    patience.abort();
  });
  try {
    for (;;) {
      // In this order: what changes after the look is not missed.
      const change = hub.change(patience.signal);
      const found = await look();
      if (isNew(found) || patience.signal.aborted) return found;
      await change;
      if (hub.isOver) return await look();
      if (isGone) throw new StoryreelError('Gateway.Busy', 'Nobody waits any more.');
    }
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}
