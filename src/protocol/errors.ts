import { boundedLine } from './outside-text';

/**
 * Every failure that a user or an operator can meet, by its dotted type. A test compares this table with
 * docs/errors.md, which has a section for each failure. `retryable` states whether Temporal retries the lane
 * automatically.
 */
export const FAILURES = {
  'Provider.RateLimited': { retryable: true },
  'Provider.Unavailable': { retryable: true },
  'Provider.QuotaExhausted': { retryable: false },
  'Provider.Unauthorized': { retryable: false },
  'Provider.NotFound': { retryable: false },
  'Provider.BadRequest': { retryable: false },
  'Provider.Refused': { retryable: false },
  'Provider.NotConfigured': { retryable: false },
  'Stream.FirstTokenTimeout': { retryable: true },
  'Stream.Stalled': { retryable: true },
  'Stream.Cut': { retryable: true },
  'Stream.Unavailable': { retryable: true },
  'Output.Unusable': { retryable: false },
  'Output.TooLong': { retryable: false },
  'Budget.Exhausted': { retryable: false },
  'Budget.NoPrices': { retryable: false },
  'Video.JobFailed': { retryable: false },
  'Video.JobLost': { retryable: false },
  'Video.AmbiguousSubmit': { retryable: false },
  'Media.Unusable': { retryable: false },
  'Media.Forbidden': { retryable: false },
  'Film.Failed': { retryable: true },
  'Film.Empty': { retryable: false },
  'Media.Unavailable': { retryable: true },
  'Database.Unavailable': { retryable: true },
  'Database.Refused': { retryable: false },
  'Database.NotMigrated': { retryable: true },
  'Lane.Stale': { retryable: false },
  'Clock.WentBack': { retryable: true },
  'Lane.EndedByHand': { retryable: false },
  'Lane.Edited': { retryable: true },
  'Lane.Moved': { retryable: false },
  'Lane.Busy': { retryable: false },
  'Lane.Cancelled': { retryable: false },
  'Lane.Stopped': { retryable: true },
  'Worker.ShuttingDown': { retryable: true },
  'Worker.CannotServe': { retryable: true },
  'Project.NotFound': { retryable: false },
  'Project.Invalid': { retryable: false },
  'Project.Conflict': { retryable: false },
  'Project.AlreadyRunning': { retryable: false },
  'Project.WouldReplaceEdits': { retryable: false },
  'Project.NotRunning': { retryable: false },
  'Run.Gone': { retryable: false },
  'Message.Stale': { retryable: false },
  'Worker.Absent': { retryable: true },
  'Batch.NotFound': { retryable: false },
  'Stage.Unknown': { retryable: false },
  'Request.Invalid': { retryable: false },
  'Request.Unauthenticated': { retryable: false },
  'Request.Forbidden': { retryable: false },
  'Request.NotFound': { retryable: false },
  'Request.TooLarge': { retryable: false },
  'Request.NotConditional': { retryable: false },
  'Request.Repeated': { retryable: false },
  'Request.TooMany': { retryable: true },
  'Gateway.Busy': { retryable: true },
  'Config.Invalid': { retryable: false },
  'Client.Closed': { retryable: false },
  'Service.Unreachable': { retryable: true },
  'Stream.Mismatch': { retryable: false },
  Internal: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

/** The most bytes of a library's message that our own message quotes. */
const MOST_CAUSE_BYTES = 120;

export type FailureType = keyof typeof FAILURES;

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
}

export function projectNotFound(projectId: string): StoryreelError {
  return new StoryreelError('Project.NotFound', `There is no project ${projectId}.`);
}

/** A service that does not answer, in one line that names the setting to check. */
export function unreachable(service: string, setting: string, cause: unknown): StoryreelError {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: string };
  const why = typeof code === 'string' ? code : boundedLine((message ?? '').split('\n')[0] ?? '', MOST_CAUSE_BYTES);
  return new StoryreelError(
    'Service.Unreachable',
    `${service} cannot be reached (${why}). Check ${setting}, or run "storyreel doctor".`,
    { cause },
  );
}
