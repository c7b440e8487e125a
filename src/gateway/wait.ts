import type { ServerResponse } from 'node:http';
import { StoryreelError } from '../protocol';
import type { OpenAnswers } from './open-answers';
import type { ProjectHub } from './stream/project-hub';
import { whenGone } from './when-gone';

const MAX_SECONDS = 60;
/** Of several, the first one counts. Its value may be quoted, and spaces may be around the sign. */
const WAIT = /(?:^|[,;])\s*wait\s*=\s*(?:(\d+)|"(\d+)")\s*(?=[,;]|$)/i;

/** How many seconds the caller wants to wait for something new (RFC 7240); 0 for not at all. */
export function waitIn(headers: Readonly<Record<string, unknown>>): number {
  const { prefer } = headers;
  const [, plain, quoted] = WAIT.exec(typeof prefer === 'string' ? prefer : '') ?? [];
  return Math.min(Number(plain ?? quoted ?? 0), MAX_SECONDS);
}

interface Wait {
  readonly hub: ProjectHub;
  readonly seconds: number;
  readonly open: OpenAnswers;
  readonly response: ServerResponse;
}

/**
 * Looks until it finds something new, at each event of the project that is no text; at the end of the wait, what there is.
 * Throws `Request.Unauthenticated` if the credential has ended meanwhile, which ends the wait.
 */
export async function untilChanged<T>(
  look: () => Promise<T>,
  isNew: (found: T) => boolean,
  { hub, seconds, open, response }: Wait,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), seconds * 1000);
  let isGone = false;
  const shown = async (found: T) => {
    await open.mustStillCount(response);
    return found;
  };
  whenGone(response, () => {
    isGone = true;
    patience.abort();
  });
  open.endBy(response, () => patience.abort());
  try {
    for (;;) {
      // In this order: what changes after the look is not missed.
      const change = hub.change(patience.signal);
      // Nobody waits for it if the look fails, too.
      change.catch(() => undefined);
      const found = await look();
      if (isNew(found) || patience.signal.aborted) return await shown(found);
      await change;
      if (hub.isOver) return await shown(await look());
      if (isGone) throw new StoryreelError('Gateway.Busy', 'Nobody waits any more.');
    }
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}
