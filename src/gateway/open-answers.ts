import type { ServerResponse } from 'node:http';
import { StoryreelError } from '../protocol';
import type { Credential } from './gone-credentials';
import { whenGone } from './when-gone';

const LOOK_MS = 400;

interface OpenAnswer {
  readonly credential: Credential;
  /** How it ends by itself. Without it, and a look later, it is cut. */
  end?: (() => void) | undefined;
}

/**
 * Every answer that is not over yet, with the credential by which it was asked for: streams, requests that wait, media
 * under way. Whichever has begun ends within a second of a revocation.
 */
export class OpenAnswers {
  private readonly open = new Map<ServerResponse, OpenAnswer>();
  private readonly timer = setInterval(() => {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
  }, LOOK_MS);
  private looking: Promise<void> | undefined;

  constructor(
    /** Those of the given credentials that are no longer valid. */
    private readonly gone: (credentials: readonly Credential[]) => Promise<readonly Credential[]>,
  ) {}

  add(response: ServerResponse, credential: Credential | undefined): void {
    if (credential === undefined) return;
    this.open.set(response, { credential });
    whenGone(response, () => this.open.delete(response));
  }

  /** The answer ends by this when its credential has ended. */
  endBy(response: ServerResponse, end: () => void): void {
    const answer = this.open.get(response);
    if (answer) answer.end = end;
  }

  /** Throws `Request.Unauthenticated` if the credential was revoked, or has expired, while its request waited. */
  async mustStillCount(response: ServerResponse): Promise<void> {
    const answer = this.open.get(response);
    if (!answer || (await this.gone([answer.credential])).length === 0) return;
    throw new StoryreelError('Request.Unauthenticated', 'The credential has ended while the request waited.');
  }

  /** Nothing is asked any more when this resolves. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** If it cannot be asked which credentials have ended, the next look asks again. */
  private async look(): Promise<void> {
    const credentials = [...new Set([...this.open.values()].map(({ credential }) => credential))];
    const gone = new Set(credentials.length === 0 ? [] : await this.gone(credentials).catch(() => []));
    for (const [response, answer] of this.open) if (gone.has(answer.credential)) endAnswer(response, answer);
  }
}

/** What a change has come to is still answered, because its answer has not begun. */
function endAnswer(response: ServerResponse, answer: OpenAnswer): void {
  const { end } = answer;
  answer.end = undefined;
  if (end) end();
  else if (response.headersSent) response.destroy();
}
