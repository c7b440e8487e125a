import { StoryreelError } from '../protocol';

/** A need of a worker that is not met, and what a person should do about it. */
export interface Lack {
  readonly what: string;
  readonly advice: string;
}

/** Something that a worker cannot do without. */
export interface Need {
  readonly name: 'schema' | 'namespace' | 'redis' | 'media';
  /** Begun work continues while it is away: the worker then counts as ready. */
  readonly onlyToBegin?: boolean;
  /** Undefined if nothing is missing. Never rejects. */
  look(): Promise<Lack | undefined>;
}

/** The cause of an error in one short line. */
export function reasonOf(error: unknown): string {
  if (error instanceof StoryreelError && error.cause !== undefined) return reasonOf(error.cause);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : (message ?? String(error)).split('\n')[0]?.slice(0, 120) || 'no answer';
}
