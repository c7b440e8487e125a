import { StoryreelError } from '../protocol';
import type { RedisFaultLog } from './redis-connection';

/** Why Redis does not do what it is asked: the first word of its answer, `unreachable` without one, `other` for the rest. */
export const REFUSALS = [
  'OOM',
  'NOPERM',
  'READONLY',
  'MISCONF',
  'LOADING',
  'BUSY',
  'NOAUTH',
  'WRONGPASS',
  'NOREPLICAS',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'unreachable',
  'other',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A cause that lasts is logged again after so long, with how often it came meanwhile. */
const SILENCE_MS = 60_000;

/** Every refusal is counted. Each cause is logged when it comes, and then once a minute: not with every token. */
export class RefusalReport {
  private readonly causes = new Map<Refusal, { loggedAt: number; times: number }>();

  constructor(
    private readonly log?: RedisFaultLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Gives the failure in our own words. `what` was asked for. */
  refused(what: string, error: unknown): StoryreelError {
    const { name, message, previousErrors } = error as Error & { previousErrors?: readonly Error[] };
    // Of a transaction, Redis says only that it was let go; what it refused came before.
    const answer = previousErrors?.[0]?.message ?? message;
    return name === 'ReplyError' ? this.answered(what, answer, error) : this.unreachable(what, message, error);
  }

  /** Redis has answered with this, also from within a script. */
  answered(what: string, answer: string, error?: unknown): StoryreelError {
    const cause = causeIn(answer);
    this.count(cause, what, answer);
    return new StoryreelError('Stream.Unavailable', `Redis refused to ${what}: ${answer.slice(0, 200)}`, {
      cause: error,
    });
  }

  private unreachable(what: string, message: string, error: unknown): StoryreelError {
    this.log?.refused?.('unreachable');
    return new StoryreelError('Stream.Unavailable', `Redis could not be asked to ${what}: ${message.slice(0, 200)}`, {
      cause: error,
    });
  }

  private count(cause: Refusal, what: string, answer: string): void {
    const { log } = this;
    log?.refused?.(cause);
    const now = this.now();
    const known = this.causes.get(cause) ?? { loggedAt: -Infinity, times: 0 };
    known.times += 1;
    this.causes.set(cause, known);
    if (now - known.loggedAt < SILENCE_MS) return;
    log?.warn(
      { cause, err: answer, asked: what, times: known.times },
      'redis refuses what it is asked; viewers wait, and work goes on',
    );
    known.loggedAt = now;
    known.times = 0;
  }
}

/** A script's own rights are refused in a sentence that begins otherwise. */
function causeIn(answer: string): Refusal {
  if (/ACL failure in script|can't run this command|No permissions to/i.test(answer)) return 'NOPERM';
  const word = /^-?([A-Z]+)\b/.exec(answer)?.[1];
  return REFUSALS.find((known) => known === word) ?? 'other';
}
