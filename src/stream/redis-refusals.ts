import { StoryreelError } from '../protocol';
import { causeOfRefusal, shownFault, type Refusal } from './redis-causes';
import type { RedisFaultLog } from './redis-connection';
import type { ReachReport } from './redis-reach';

/** A cause that lasts is logged again after so long, with how often it came meanwhile. */
const SILENCE_MS = 60_000;

interface Logged {
  readonly loggedAt: number;
  readonly times: number;
}

/** `ReachReport` logs these. */
const LOGGED_BY_REACH: readonly Refusal[] = ['unreachable', 'NOAUTH', 'WRONGPASS'];

/** Every refusal is counted. Each cause is logged when it comes, and then once a minute: not with every token. */
export class RefusalReport {
  private readonly causes = new Map<Refusal, Logged>();
  private readonly malformed = new Map<string, Logged>();

  constructor(
    private readonly log?: RedisFaultLog,
    private readonly now: () => number = () => performance.now(),
    /** Reports a lost connection, or a connection without any rights, itself. */
    private readonly reach?: ReachReport,
  ) {}

  /** Returns the failure in our own words. `what` is the refused request. */
  refused(what: string, error: unknown): StoryreelError {
    const { name, message, previousErrors } = error as Error & { previousErrors?: readonly Error[] };
    // For a transaction, Redis reports only that it was discarded; the refusal was reported before.
    const answer = previousErrors?.[0]?.message ?? message;
    return name === 'ReplyError' ? this.answered(what, answer, error) : this.unreachable(what, message, error);
  }

  /** Redis has answered with this, also from within a script. */
  answered(what: string, answer: string, error?: unknown): StoryreelError {
    const cause = causeOfRefusal(answer);
    this.count(cause, what, answer);
    return new StoryreelError('Stream.Unavailable', `Redis refused to ${what}: ${answer.slice(0, 200)}`, {
      cause: error,
    });
  }

  /** An entry of a log that no release of ours has written: viewers continue without it. `why` has nothing of the entry. */
  unreadable(projectId: string, id: string, why: string): void {
    const message = `An event of project ${projectId} (${id}) is malformed and is left out: ${why}.`;
    this.leftOut('Event.Malformed', { project_id: projectId, id }, message);
  }

  /** A message on the control channel that is no stop: nothing is stopped. `why` has nothing of the message. */
  noStop(why: string): void {
    this.leftOut('Stop.Malformed', {}, `A message on the control channel is no stop and is left out: ${why}.`);
  }

  private leftOut(code: string, fields: object, message: string): void {
    const times = this.timesToLog(this.malformed, code);
    if (times === undefined) return;
    if (this.log) this.log.warn({ ...fields, times }, message);
    else process.emitWarning(message, { type: 'StoryreelWarning', code });
  }

  private unreachable(what: string, message: string, error: unknown): StoryreelError {
    const why = shownFault(message, this.reach?.reason);
    if (this.reach) this.count('unreachable', what, why);
    else this.log?.refused?.('unreachable');
    return new StoryreelError('Stream.Unavailable', `Redis could not be asked to ${what}: ${why}`, { cause: error });
  }

  private count(cause: Refusal, what: string, answer: string): void {
    const { log } = this;
    log?.refused?.(cause);
    if (LOGGED_BY_REACH.includes(cause) && this.reach?.isDown) return;
    const times = this.timesToLog(this.causes, cause);
    if (times === undefined) return;
    log?.warn(
      { cause, err: answer, asked: what, times },
      cause === 'unreachable'
        ? 'redis does not answer; viewers wait, and work continues'
        : 'redis refuses a request; viewers wait, and work continues',
    );
  }

  /** How often it came since it was logged; undefined if it was logged a short time ago. */
  private timesToLog<Cause>(all: Map<Cause, Logged>, cause: Cause): number | undefined {
    const now = this.now();
    const { loggedAt, times } = all.get(cause) ?? { loggedAt: -Infinity, times: 0 };
    const isDue = now - loggedAt >= SILENCE_MS;
    all.set(cause, isDue ? { loggedAt: now, times: 0 } : { loggedAt, times: times + 1 });
    return isDue ? times + 1 : undefined;
  }
}
