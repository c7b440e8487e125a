import type { Registry } from 'prom-client';
import type { KnownProviders } from './known-providers';
import { Metric } from './metric';
import { Counter } from './series';

/** HTTP statuses of providers that have a label of their own; any other is `4xx` or `5xx`. */
const HTTP_STATUSES = ['400', '401', '402', '403', '404', '408', '409', '413', '422', '425', '429'] as const;
const SERVER_STATUSES = ['500', '502', '503', '504', '529'] as const;

/** The possible results of a call to a provider. */
export const ANSWERS = [
  '200',
  ...HTTP_STATUSES,
  '4xx',
  ...SERVER_STATUSES,
  '5xx',
  'quota',
  'unreachable',
  'timeout',
  'cut',
  'unusable',
  'job_failed',
  'stopped',
  'other',
] as const;
export type Answer = (typeof ANSWERS)[number];

/** The label of an HTTP status that is no success. */
export function answerOf(status: number): Answer {
  const known = ANSWERS.find((answer) => answer === String(status));
  return known ?? (status >= 500 ? '5xx' : '4xx');
}

const count = () => new Counter();

/** The answers of providers, and their cost. */
export class CallMetrics {
  readonly answers: Metric<Counter, 'provider' | 'kind' | 'status'>;
  readonly paid: Metric<Counter, 'provider' | 'kind'>;
  readonly useful: Metric<Counter, 'provider' | 'kind'>;
  readonly wasted: Metric<Counter, 'provider' | 'kind'>;
  readonly budgetRefusals: Metric<Counter, 'provider' | 'kind'>;

  constructor(registry: Registry, providers: KnownProviders) {
    const labels = providers.ofEachKind({});
    const counted = (name: string, help: string) => new Metric(registry, { name, help, labels }, count);
    this.answers = new Metric(
      registry,
      {
        name: 'storyreel_provider_answers_total',
        help: 'Calls to providers that have ended: 200, the HTTP status of the refusal, or why there was no answer.',
        labels: providers.ofEachKind({ status: ANSWERS }),
      },
      count,
    );
    this.paid = counted(
      'storyreel_cost_paid_total',
      'What calls that have ended have cost, in the unit of the prices.',
    );
    this.useful = counted('storyreel_cost_useful_total', 'What the results that were settled have cost.');
    this.wasted = counted(
      'storyreel_cost_wasted_total',
      'What calls have cost that ended without a result; where a later attempt continues their text, it is useful as well.',
    );
    this.budgetRefusals = counted(
      'storyreel_budget_refusals_total',
      'Calls that were not made because a budget has no room for them.',
    );
  }
}
