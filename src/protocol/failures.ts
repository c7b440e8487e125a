/** What each failure means to a program and to a person. */
export interface Failure {
  /** The HTTP status of an answer with this failure. */
  readonly status: number;
  /** True if Temporal tries the lane again by itself, and a caller may repeat the call. */
  readonly retryable: boolean;
  /** The exit code of a command that ends with this failure. */
  readonly exitCode: number;
  /** What has happened, in a few words without a full stop: the same for each case. */
  readonly title: string;
  /** What to do. */
  readonly hint: string;
}

const retried = (status: number, title: string, hint: string): Failure => ({
  status,
  retryable: true,
  exitCode: 1,
  title,
  hint,
});

const final = (status: number, title: string, hint: string, exitCode = 1): Failure => ({
  status,
  retryable: false,
  exitCode,
  title,
  hint,
});

const WAIT = 'Nothing: the lane is tried again.';
const REPORT = 'Report it, with the log of that time.';

/**
 * The one catalogue of failures, by dotted type. The gateway's answers, the exit codes of the CLI and the table of
 * docs/errors.md come from it.
 */
export const FAILURES = {
  'Provider.RateLimited': retried(
    503,
    'The provider asks for fewer calls',
    'Nothing: the lane waits as long as the provider asks. If it happens often, lower `TEXT_CONCURRENCY`, `IMAGE_CONCURRENCY` or `VIDEO_CONCURRENCY`.',
  ),
  'Provider.Unavailable': retried(
    503,
    'The provider cannot be reached',
    'Nothing, unless it lasts. Then run `storyreel doctor` and look at the status page of the provider.',
  ),
  'Provider.QuotaExhausted': final(
    503,
    'The account with the provider has no credit',
    'Top up the account, then `storyreel retry`.',
  ),
  'Provider.Unauthorized': final(
    503,
    'The provider refuses the key',
    'Set the right key (`OPENAI_API_KEY`, or what the row of the provider names), restart the worker, then `storyreel retry`.',
  ),
  'Provider.NotFound': final(
    503,
    'The provider does not know the model or the address',
    'Check `OPENAI_BASE_URL` and the name of the model, then `storyreel retry`.',
  ),
  'Provider.BadRequest': final(
    502,
    'The provider refuses the request',
    'Change what the message names, then `storyreel retry`.',
  ),
  'Provider.Refused': final(
    502,
    'The model or a content filter declined',
    'Change the topic, the style or the prompt. The same request would be refused again.',
  ),
  'Provider.NotConfigured': final(
    503,
    'No provider of this kind is set',
    'Set the variable that the message names, or add a row to `model_providers`.',
  ),
  'Stream.FirstTokenTimeout': retried(
    503,
    'The provider sent no token in time',
    'Nothing: the lane is tried again. If it happens often, raise `FIRST_TOKEN_TIMEOUT_MS`.',
  ),
  'Stream.Stalled': retried(
    503,
    'The stream of the provider went silent',
    'Nothing: the lane is tried again. If it happens often, raise `INTER_CHUNK_TIMEOUT_MS`.',
  ),
  'Stream.Cut': retried(503, 'The stream of the provider broke off', WAIT),
  'Stream.Unavailable': retried(
    503,
    'Redis cannot be reached or refuses a command',
    'Run `storyreel doctor`, and mend what the message names. No result waits for it.',
  ),
  'Output.Unusable': final(
    502,
    'The answer of the model cannot be used',
    'Change the prompt template or the model, then `storyreel retry`.',
  ),
  'Output.TooLong': final(
    502,
    'The answer of the model does not end',
    'Change the model or raise `MAX_TEXT_BYTES`, then `storyreel retry`.',
  ),
  'Budget.Exhausted': final(
    409,
    'The budget of the project is used up',
    'Raise it with `storyreel budget <project> <amount>`, then `storyreel retry`.',
  ),
  'Budget.NoPrices': final(
    409,
    'The project has a budget and the provider has no price',
    'Set the prices (`STORYREEL_PRICES`), or remove the budget with `storyreel budget <project> none`; then `storyreel retry`.',
  ),
  'Video.JobFailed': final(
    502,
    'The video job failed',
    'Read the words of the provider in the message, then `storyreel retry`.',
  ),
  'Video.JobLost': final(
    502,
    'The provider does not know its video job any more',
    'Run `storyreel retry`: it looks for the job again, and orders a new one only if there is none.',
  ),
  'Video.AmbiguousSubmit': final(
    502,
    'Nobody knows whether the provider has taken the video job',
    'Look for the job at the provider. `storyreel retry` orders a new one, which may be paid twice.',
  ),
  'Media.Unusable': final(502, 'The image or clip cannot be used', 'Try another model if it stays so.'),
  'Media.Forbidden': final(
    502,
    'The address of the file is not allowed',
    'If the host is right, add it to `PROVIDER_MEDIA_HOSTS`; then `storyreel retry`.',
  ),
  'Film.Failed': retried(
    502,
    'The clips could not be joined',
    'Run `storyreel doctor`: it tries ffmpeg. Install it or set `FFMPEG_PATH`.',
  ),
  'Film.Empty': final(409, 'There is nothing to join', 'Start the project again: a new run makes what was skipped.'),
  'Media.Unavailable': retried(
    503,
    'The media folder cannot be used',
    'Check that `MEDIA_DIR` exists, is writable, has room, and is the same folder for all workers.',
  ),
  'Database.Unavailable': retried(
    503,
    'Postgres cannot be used',
    'Nothing, unless it lasts. Then run `storyreel doctor`; if all connections are in use, raise `DATABASE_POOL_SIZE`.',
  ),
  'Database.Refused': final(500, 'Postgres refuses a statement', REPORT),
  'Database.NotMigrated': retried(503, 'Postgres has not the tables of this version', 'Run `storyreel migrate`.'),
  'Lane.Stale': final(409, 'A newer attempt owns the lane', 'Nothing: the newer attempt continues.'),
  'Clock.WentBack': retried(
    503,
    'The clock of Temporal was set back',
    'Correct the clock of the Temporal server. A lane that is parked continues with `storyreel retry`.',
  ),
  'Lane.EndedByHand': final(
    409,
    'The activity of the lane was ended by hand',
    'Use `storyreel retry`, or `storyreel skip` to continue without the lane.',
  ),
  'Lane.Edited': retried(409, 'The lane was edited while it was made', WAIT),
  'Lane.Moved': final(409, 'The scene of the lane was moved', 'Nothing: the run continues under the new number.'),
  'Lane.Busy': final(409, 'The text is being written', 'Pause the run or wait until the lane is done, then edit.'),
  'Lane.Cancelled': final(
    409,
    'The lane was cancelled by a person',
    'Use `storyreel retry` or `storyreel skip`, or cancel the run.',
  ),
  'Lane.Stopped': retried(409, 'The lane was stopped and no cancel came', WAIT),
  'Worker.ShuttingDown': retried(503, 'The worker shuts down', 'Nothing: another worker takes the lane.'),
  'Worker.CannotServe': retried(
    503,
    'The worker lacks what the run needs',
    'Start a worker that has the providers of the run, then `storyreel retry`; or cancel the run and start it again.',
  ),
  'Project.NotFound': final(
    404,
    'There is no such project',
    'Check the id: `storyreel status`, or `GET /v1/projects`, lists the projects.',
    3,
  ),
  'Project.Invalid': final(422, 'The input cannot be taken', 'Correct the fields that the message names.', 2),
  'Project.Conflict': final(
    412,
    'The project was edited meanwhile',
    'Read the project again, and repeat it with the version that it has now.',
  ),
  'Project.AlreadyRunning': final(
    409,
    'A run of the project is in progress',
    'Watch it, cancel it, or start with `join`.',
  ),
  'Project.WouldReplaceEdits': final(
    409,
    'The run would replace what a person has written',
    'Run `storyreel explain <project>`. Edit the text again, or start with `--replace-edits` (`replaceEdits`).',
  ),
  'Project.NotRunning': final(
    409,
    'No run of the project is in progress',
    'Start one with `storyreel run <project>`, or `POST …/start`.',
  ),
  'Run.Gone': final(404, 'The run ended without a report', 'Start the project again: what is stored is used again.'),
  'Message.Stale': final(
    409,
    'The message can do nothing now',
    'Look at the project with `storyreel status <project>`. Nothing was changed.',
  ),
  'Worker.Absent': retried(
    503,
    'No worker answers',
    'Start a worker (`storyreel worker`), then send the message again.',
  ),
  'Batch.NotFound': final(
    404,
    'There is no such batch',
    'Check the name: `storyreel status` lists the projects and their batches, and `GET /v1/batches` the batches.',
    3,
  ),
  'Outcomes.Expired': final(
    410,
    'Ends of runs after the cursor are not kept any more',
    'Look at the projects by `client.list`, then read on without a cursor.',
  ),
  'Stage.Unknown': final(422, 'There is no such stage', 'Use one of the stages that the message lists.', 2),
  'Request.Invalid': final(400, 'The request is malformed', 'Correct what the message names.'),
  'Request.Unauthenticated': final(
    401,
    'The request has no valid credential',
    'Send `Authorization: Bearer sr_…` (`storyreel keys create` makes a key), or sign in with `storyreel login`.',
  ),
  'Request.Forbidden': final(
    403,
    'The credential does not allow this',
    'Use a key with the scope that `scope` names; or add the host name to `GATEWAY_HOSTS`.',
  ),
  'Request.NotFound': final(404, 'There is no such address', 'Check the address: `GET /v1` lists them.', 3),
  'Request.TooLarge': final(413, 'The body is too large', 'Send at most 1 MB.'),
  'Request.NotConditional': final(
    428,
    'The edit does not name its version',
    'Send `If-Match` with the version that was edited, or `*` for any.',
  ),
  'Request.Repeated': final(
    422,
    'The idempotency key was used for something else',
    'Use a new key for each new request.',
  ),
  'Request.TooMany': retried(
    429,
    'Too many invalid credentials',
    'Try again after the seconds that `retry_after` names.',
  ),
  'Response.Invalid': final(
    502,
    'The answer cannot be read',
    'Check that the address is that of a Storyreel gateway, and that its release is not older than the client.',
  ),
  'Gateway.Busy': retried(
    503,
    'The gateway stops or has no room',
    'Try again after the seconds that `retry_after` names. Viewers continue from their cursor.',
  ),
  'Config.Invalid': final(500, 'A setting is wrong', 'Correct the setting that the message names.', 2),
  'Client.Closed': final(503, 'The client is closed', 'Connect another client.'),
  'Service.Unreachable': retried(
    503,
    'A service cannot be reached',
    'Run `storyreel doctor`: it states which service and what to do.',
  ),
  'Failure.Unknown': final(
    500,
    'A failure that this release does not know',
    'Read the message, which begins with the type. If a newer release has sent it, install that here as well.',
  ),
  'Stream.Mismatch': final(500, 'The text that was shown is not the stored one', REPORT, 5),
  Internal: retried(500, 'Something unexpected went wrong', REPORT),
} as const satisfies Record<string, Failure>;

/** The dotted name of a failure. */
export type FailureType = keyof typeof FAILURES;

/** Whether the catalogue has a failure of this name. */
export function isFailureType(value: unknown): value is FailureType {
  return typeof value === 'string' && Object.hasOwn(FAILURES, value);
}
