/** What an alert fires at. Series are in promtool's notation, with one sample a minute; times are in minutes. */
export interface AlertCase {
  readonly alert: string;
  readonly faulty: Readonly<Record<string, string>>;
  /** Firing then. */
  readonly firesAt: number;
  /** Not firing yet, because it may pass by itself. */
  readonly waitsAt?: number;
  /** What is near to the fault, and none. */
  readonly well: Readonly<Record<string, string>>;
  /** What else fires at the fault. */
  readonly also?: readonly string[];
}

const answers = (status: string, provider = 'p') =>
  `storyreel_provider_answers_total{provider="${provider}",kind="text",status="${status}"}`;
const cost = (what: string) => `storyreel_cost_${what}_total{provider="p",kind="image"}`;
const attempts = (outcome: string) => `storyreel_attempts_total{stage="storyboard",outcome="${outcome}"}`;
const service = (name: string) => `storyreel_service_up{service="${name}",job="storyreel",instance="a"}`;
const bucket = (metric: string, le: string) => `${metric}_bucket{provider="p",stage="rewrite",le="${le}"}`;

/** Ten observations a minute, so many of them above the bound. */
function spread(metric: string, bound: string, above: number, most: string): Readonly<Record<string, string>> {
  return {
    [bucket(metric, bound)]: `0+${10 - above}x60`,
    [bucket(metric, most)]: '0+10x60',
    [bucket(metric, '+Inf')]: '0+10x60',
  };
}

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'StoryreelNoWorker',
    faulty: { 'up{job="storyreel",instance="a"}': '0x60', 'up{job="other",instance="b"}': '1x60' },
    firesAt: 3,
    waitsAt: 1,
    well: { 'up{job="storyreel",instance="a"}': '1x60' },
  },
  {
    alert: 'StoryreelWorkerDown',
    faulty: { 'up{job="storyreel",instance="a"}': '0x60', 'up{job="storyreel",instance="b"}': '1x60' },
    firesAt: 6,
    waitsAt: 3,
    well: { 'up{job="storyreel",instance="a"}': '0 0 0 1x60' },
  },
  ...['temporal', 'postgres', 'redis'].map((name) => ({
    alert: `Storyreel${name.charAt(0).toUpperCase()}${name.slice(1)}Down`,
    faulty: { [service(name)]: '1 1 0x60' },
    firesAt: 4,
    waitsAt: 2,
    well: { [service(name)]: '1 0 1x60' },
  })),
  {
    alert: 'StoryreelRedisRefuses',
    faulty: { 'storyreel_log_refusals_total{cause="OOM"}': '0 0 1x60' },
    firesAt: 3,
    well: {
      'storyreel_log_refusals_total{cause="OOM"}': '0x60',
      'storyreel_log_refusals_total{cause="unreachable"}': '0+9x60',
      'storyreel_log_refusals_total{cause="stale"}': '0+1x60',
    },
  },
  {
    alert: 'StoryreelPublishSlow',
    faulty: spread('storyreel_provider_to_publish_seconds', '0.25', 1, '1'),
    firesAt: 8,
    waitsAt: 4,
    well: spread('storyreel_provider_to_publish_seconds', '0.25', 0, '1'),
  },
  {
    alert: 'StoryreelPoolUsedUp',
    faulty: { 'storyreel_postgres_waiting{instance="a"}': '0 3x60' },
    firesAt: 3,
    waitsAt: 1,
    well: { 'storyreel_postgres_waiting{instance="a"}': '0 3 0x60' },
  },
  {
    alert: 'StoryreelNoProgress',
    faulty: {
      'storyreel_open_runs{status="processing"}': '2x60',
      [attempts('settled')]: '7x60',
      'storyreel_stream_chunks_total{stage="rewrite",provider="p"}': '500x60',
    },
    firesAt: 50,
    waitsAt: 10,
    well: {
      'storyreel_open_runs{status="processing"}': '2x60',
      [attempts('settled')]: '7x60',
      'storyreel_stream_chunks_total{stage="rewrite",provider="p"}': '500+1x60',
    },
  },
  {
    alert: 'StoryreelRunsFail',
    faulty: {
      'storyreel_runs_ended_total{outcome="failed"}': '0 0 1x60',
      'storyreel_runs_ended_total{outcome="completed"}': '4 4 6x60',
    },
    firesAt: 5,
    well: {
      'storyreel_runs_ended_total{outcome="failed"}': '0 0 1x60',
      'storyreel_runs_ended_total{outcome="cancelled"}': '0 0 5x60',
    },
  },
  {
    alert: 'StoryreelLaneParked',
    faulty: {
      'storyreel_parked_lanes{stage="rewrite",instance="a"}': '0 1x60',
      'storyreel_parked_lanes{stage="rewrite",instance="b"}': '0 1x60',
    },
    firesAt: 7,
    waitsAt: 4,
    well: { 'storyreel_parked_lanes{stage="rewrite",instance="a"}': '0 1 1 1 0x60' },
  },
  {
    alert: 'StoryreelLaneForgotten',
    faulty: { 'storyreel_oldest_parked_lane_age_seconds{stage="film"}': '14000+60x60' },
    firesAt: 10,
    waitsAt: 5,
    well: { 'storyreel_oldest_parked_lane_age_seconds{stage="film"}': '0x60' },
  },
  {
    alert: 'StoryreelAttemptsFail',
    faulty: { [attempts('settled')]: '0+1x60', [attempts('unusable')]: '0+1x60', [attempts('failed')]: '0+1x60' },
    firesAt: 7,
    waitsAt: 3,
    well: { [attempts('settled')]: '0+1x60', [attempts('failed')]: '0+1x60', [attempts('stale')]: '0+1x60' },
  },
  {
    alert: 'StoryreelProviderFails',
    faulty: { [answers('200')]: '0+2x60', [answers('503')]: '0+2x60', [answers('unreachable')]: '0+1x60' },
    firesAt: 7,
    waitsAt: 3,
    well: { [answers('200')]: '0+2x60', [answers('503')]: '0+1x60', [answers('stopped')]: '0+9x60' },
  },
  {
    alert: 'StoryreelProviderRefusesUs',
    faulty: { [answers('200')]: '0+9x60', [answers('quota')]: '0 0 1x60' },
    firesAt: 3,
    well: { [answers('200')]: '0+9x60', [answers('401')]: '0x60', [answers('400')]: '0+1x60' },
  },
  {
    alert: 'StoryreelProviderLimits',
    faulty: { [answers('200')]: '0+2x60', [answers('429')]: '0+1x60' },
    firesAt: 13,
    waitsAt: 8,
    well: { [answers('200')]: '0+9x60', [answers('429')]: '0+1x60', [answers('429', 'q')]: '0x60' },
  },
  {
    alert: 'StoryreelFirstTokenSlow',
    faulty: spread('storyreel_time_to_first_token_seconds', '10', 2, '30'),
    firesAt: 13,
    waitsAt: 8,
    well: spread('storyreel_time_to_first_token_seconds', '5', 0, '30'),
  },
  {
    alert: 'StoryreelTokensSlow',
    faulty: spread('storyreel_tokens_per_second', '2', 5, '50'),
    firesAt: 13,
    waitsAt: 8,
    well: spread('storyreel_tokens_per_second', '5', 8, '50'),
  },
  {
    alert: 'StoryreelBudgetRefuses',
    faulty: { 'storyreel_budget_refusals_total{provider="p",kind="video"}': '0 0 1x60' },
    firesAt: 3,
    well: { 'storyreel_budget_refusals_total{provider="p",kind="video"}': '0x60' },
  },
  {
    alert: 'StoryreelMoneyWasted',
    faulty: { [cost('paid')]: '0+1x120', [cost('useful')]: '0+0.7x120' },
    firesAt: 18,
    waitsAt: 10,
    well: { [cost('paid')]: '0+1x120', [cost('useful')]: '0+0.9x120' },
  },
  {
    alert: 'StoryreelHeartbeatsLate',
    faulty: { 'storyreel_late_heartbeats_total{instance="a"}': '0 0 3x60' },
    firesAt: 3,
    well: { 'storyreel_late_heartbeats_total{instance="a"}': '3x60' },
  },
  {
    alert: 'StoryreelStaleWrites',
    faulty: { 'storyreel_stale_writes_refused_total{store="redis"}': '0 0 9x60' },
    firesAt: 5,
    well: { 'storyreel_stale_writes_refused_total{store="redis"}': '0 0 3x60' },
  },
  {
    alert: 'StoryreelEventLoopBusy',
    faulty: { 'nodejs_eventloop_lag_p99_seconds{job="storyreel",instance="a"}': '0.4x60' },
    firesAt: 6,
    waitsAt: 3,
    well: {
      'nodejs_eventloop_lag_p99_seconds{job="storyreel",instance="a"}': '0.01 0.4 0.01x60',
      'nodejs_eventloop_lag_p99_seconds{job="other",instance="b"}': '9x60',
    },
  },
];
