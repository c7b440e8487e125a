import { FAILURES, type FailureType } from './failures';
import { boundedLine } from './outside-text';

/** The most bytes of a library's message that our own message quotes. */
const MAX_CAUSE_BYTES = 120;

/**
 * The one error class that our own code throws outside workflows. `message` is safe to show: it names what was wrong and
 * what to do, never a key, a prompt or a generated text.
 */
export class StoryreelError extends Error {
  override readonly name = 'StoryreelError';

  constructor(
    readonly type: FailureType,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get retryable(): boolean {
    return FAILURES[this.type].retryable;
  }

  /** What to do about failures of this type. */
  get hint(): string {
    return FAILURES[this.type].hint;
  }
}

/** The failure that there is no such project. */
export function projectNotFound(projectId: string): StoryreelError {
  return new StoryreelError('Project.NotFound', `There is no project ${projectId}.`);
}

/** A service that does not answer, in one line that names the setting to check. */
export function unreachable(service: string, setting: string, cause: unknown): StoryreelError {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: string };
  const why = typeof code === 'string' ? code : boundedLine((message ?? '').split('\n')[0] ?? '', MAX_CAUSE_BYTES);
  return new StoryreelError(
    'Service.Unreachable',
    `${service} cannot be reached (${why}). Check ${setting}, or run "storyreel doctor".`,
    { cause },
  );
}
