import { StoryreelError } from '../../protocol';

/** What was found out about one service. */
export interface Finding {
  readonly service: string;
  readonly ok: boolean;
  /** Without its password. */
  readonly address?: string;
  readonly version?: string;
  readonly detail?: string;
  /** What a person should do; also given where it works but could be better. */
  readonly advice?: string;
}

/** The cause of an error in one short line. */
export function reasonOf(error: unknown): string {
  if (error instanceof StoryreelError && error.cause !== undefined) return reasonOf(error.cause);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : (message ?? String(error)).split('\n')[0]?.slice(0, 120) || 'no answer';
}
