import type { Registry } from 'prom-client';
import { FINAL_STATUSES, STAGES } from '../protocol';
import { fixedSets } from './label-sets';
import { Metric } from './metric';
import { Counter } from './series';

/** How an attempt at a lane has ended. */
export const ATTEMPT_OUTCOMES = [
  'settled',
  'reused',
  'nothing',
  'failed',
  'unusable',
  'stale',
  'handed_over',
  'cancelled',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

const count = () => new Counter();

/** The results of runs and of the attempts at their lanes. */
export class RunMetrics {
  readonly started: Metric<Counter>;
  readonly ended: Metric<Counter, 'outcome'>;
  readonly attempts: Metric<Counter, 'stage' | 'outcome'>;
  readonly lateHeartbeats: Metric<Counter>;

  constructor(registry: Registry) {
    this.started = new Metric(
      registry,
      { name: 'storyreel_runs_started_total', help: 'Runs that this worker has opened.' },
      count,
    );
    this.ended = new Metric(
      registry,
      {
        name: 'storyreel_runs_ended_total',
        help: 'Runs that this worker has closed, by outcome.',
        labels: fixedSets({ outcome: FINAL_STATUSES }),
      },
      count,
    );
    this.attempts = new Metric(
      registry,
      {
        name: 'storyreel_attempts_total',
        help: 'Attempts at lanes that have ended, by stage and outcome.',
        labels: fixedSets({ stage: STAGES.map(({ name }) => name), outcome: ATTEMPT_OUTCOMES }),
      },
      count,
    );
    this.lateHeartbeats = new Metric(
      registry,
      {
        name: 'storyreel_late_heartbeats_total',
        help: 'Times that the heartbeat of an attempt came more than 2 s late, because the process did not run.',
      },
      count,
    );
  }
}
