import type { ServerResponse } from 'node:http';
import { StoryreelError } from '../protocol';
import type { Ground } from './gone-credentials';
import { whenGone } from './when-gone';

const LOOK_MS = 400;

interface OpenAnswer {
  readonly ground: Ground;
  /** How it ends by itself. Without it, and a look later, it is cut. */
  end?: (() => void) | undefined;
}

/**
 * Every answer that is not over yet, with the ground on which it was asked for: streams, requests that wait, media
 * under way. Whichever has begun ends within a second of a revocation.
 */
export class OpenAnswers {
  private readonly open = new Map<ServerResponse, OpenAnswer>();
  private readonly timer = setInterval(() => {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
  }, LOOK_MS);
  private looking: Promise<void> | undefined;

  constructor(
    /** Those of the given grounds that no longer count. */
    private readonly gone: (grounds: readonly Ground[]) => Promise<readonly Ground[]>,
  ) {}

  add(response: ServerResponse, ground: Ground): void {
    this.open.set(response, { ground });
    whenGone(response, () => this.open.delete(response));
  }

  /** The answer ends by this when its ground no longer counts. */
  endBy(response: ServerResponse, end: () => void): void {
    const answer = this.open.get(response);
    if (answer) answer.end = end;
  }

  /** Throws `Request.Unauthenticated` if the credential was revoked, or has expired, while its request waited. */
  async mustStillCount(response: ServerResponse): Promise<void> {
    const answer = this.open.get(response);
    if (!answer || (await this.gone([answer.ground])).length === 0) return;
    throw new StoryreelError('Request.Unauthenticated', 'The credential has ended while the request waited.');
  }

  /** Nothing is asked any more when this resolves. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** If it cannot be asked which grounds still count, the next look asks again. */
  private async look(): Promise<void> {
    const grounds = new Set<Ground>();
    for (const { ground } of this.open.values()) grounds.add(ground);
    const gone = new Set(grounds.size === 0 ? [] : await this.gone([...grounds]).catch(() => []));
    if (gone.size === 0) return;
    for (const [response, answer] of this.open) if (gone.has(answer.ground)) endAnswer(response, answer);
  }
}

/** What a change has come to is still answered, because its answer has not begun. */
function endAnswer(response: ServerResponse, answer: OpenAnswer): void {
  const { end } = answer;
  answer.end = undefined;
  if (end) end();
  else if (response.headersSent) response.destroy();
}
