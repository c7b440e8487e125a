import { createRequire } from 'node:module';
import type * as PromClient from 'prom-client';
import { STAGES } from '../protocol';
import { REFUSALS } from '../stream';
import { CallMetrics } from './call-metrics';
import { KnownProviders } from './known-providers';
import { fixedSets } from './label-sets';
import { Metric } from './metric';
import { RunMetrics } from './run-metrics';
import { Counter, Gauge, Histogram } from './series';
import { ServiceMetrics } from './service-metrics';
import { TextMeter } from './text-meter';

const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const GAPS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PATIENT = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const RATES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];
const TOKENS = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 10_000];

const TEXT_STAGES = STAGES.filter(({ kind }) => kind === 'text').map(({ name }) => name);
/** Names of prom-client's that end as a counter's does, and are gauges. The number of their kinds is shown as well. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

const load = createRequire(__filename);
/** Loaded with the first registry, because most programs with a client measure nothing. */
const promClient = () => load('prom-client') as typeof PromClient;

const spread = (bounds: readonly number[]) => () => new Histogram(bounds);
const count = () => new Counter();
const level = () => new Gauge();

/**
 * Every metric of ours, in one registry of prom-client. A process makes one, passes it to its worker or its
 * `StoryClient`, and exposes `registry` to its Prometheus. Labels are stages, providers and values from fixed lists, so
 * their number is small.
 */
export class StoryMetrics {
  readonly registry: PromClient.Registry = new (promClient().Registry)();
  readonly providers = new KnownProviders();
  private readonly ofStage = fixedSets({ stage: TEXT_STAGES });
  private readonly ofProvider = this.providers.ofKind('text', { stage: TEXT_STAGES });

  readonly runs = new RunMetrics(this.registry);
  readonly calls = new CallMetrics(this.registry, this.providers);
  readonly services = new ServiceMetrics(this.registry);

  readonly timeToFirstToken = new Metric(
    this.registry,
    {
      name: 'storyreel_time_to_first_token_seconds',
      help: 'From asking the provider to the first piece of its answer.',
      labels: this.ofProvider,
    },
    spread(PATIENT),
  );
  readonly interTokenGap = new Metric(
    this.registry,
    {
      name: 'storyreel_inter_token_gap_seconds',
      help: 'Between two tokens of a stream, as they come from the provider; averaged within a batch.',
      labels: this.ofProvider,
    },
    spread(GAPS),
  );
  readonly tokensPerSecond = new Metric(
    this.registry,
    {
      name: 'storyreel_tokens_per_second',
      help: 'Of each stream that has ended, from its first token to its end; streams of one token are left out.',
      labels: this.ofProvider,
    },
    spread(RATES),
  );
  readonly providerToPublish = new Metric(
    this.registry,
    {
      name: 'storyreel_provider_to_publish_seconds',
      help: 'From the arrival of the first token of a batch to the event log having taken it.',
      labels: this.ofStage,
    },
    spread(FAST),
  );
  readonly publishToViewer = new Metric(
    this.registry,
    {
      name: 'storyreel_publish_to_viewer_seconds',
      help: 'From an event entering the log to a viewer having it, where viewers are. Needs clocks that agree.',
    },
    spread(FAST),
  );
  readonly tokensPerAppend = new Metric(
    this.registry,
    {
      name: 'storyreel_tokens_per_append',
      help: 'Tokens that went to the event log in one step.',
      labels: this.ofStage,
    },
    spread(TOKENS),
  );
  readonly tokens = new Metric(
    this.registry,
    {
      name: 'storyreel_stream_chunks_total',
      help: 'Pieces of text that providers streamed, those of failed attempts included.',
      labels: this.ofProvider,
    },
    count,
  );
  readonly publishedBytes = new Metric(
    this.registry,
    {
      name: 'storyreel_published_bytes_total',
      help: 'Bytes of text that the event log has taken.',
      labels: this.ofStage,
    },
    count,
  );
  readonly resets = new Metric(
    this.registry,
    {
      name: 'storyreel_text_restarts_total',
      help: 'Attempts that began a text anew for viewers.',
      labels: this.ofStage,
    },
    count,
  );
  readonly resumes = new Metric(
    this.registry,
    {
      name: 'storyreel_resumes_total',
      help: 'Attempts that continued an existing text.',
      labels: this.ofStage,
    },
    count,
  );
  readonly staleWritesRefused = new Metric(
    this.registry,
    {
      name: 'storyreel_stale_writes_refused_total',
      help: 'Writes of attempts that a newer one had replaced, by the store that refused them.',
      labels: fixedSets({ store: ['redis', 'postgres'] }),
    },
    count,
  );
  readonly logRefusals = new Metric(
    this.registry,
    {
      name: 'storyreel_log_refusals_total',
      help: 'What Redis was asked and has not done, by cause; stale: the end of a lane, under a fence that nobody owned.',
      labels: fixedSets({ cause: [...REFUSALS, 'stale'] }),
    },
    count,
  );
  readonly liveStreams = new Metric(
    this.registry,
    { name: 'storyreel_live_streams', help: 'Text streams that are open to providers now.', labels: this.ofStage },
    level,
  );
  readonly viewers = new Metric(
    this.registry,
    { name: 'storyreel_viewers', help: 'Watches that are open in this process now.' },
    level,
  );

  private readonly seenByViewer = this.publishToViewer.of({});
  private readonly watching = this.viewers.of({});

  /** Adds what prom-client knows of the process: CPU, memory, the event loop. */
  observeProcess(): void {
    promClient().collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** Measures one attempt's stream; looks its series up once. */
  text(stage: string, provider: string): TextMeter {
    return new TextMeter({
      timeToFirstToken: this.timeToFirstToken.of({ stage, provider }),
      interTokenGap: this.interTokenGap.of({ stage, provider }),
      tokensPerSecond: this.tokensPerSecond.of({ stage, provider }),
      providerToPublish: this.providerToPublish.of({ stage }),
      tokensPerAppend: this.tokensPerAppend.of({ stage }),
      tokens: this.tokens.of({ stage, provider }),
      publishedBytes: this.publishedBytes.of({ stage }),
      resets: this.resets.of({ stage }),
      resumes: this.resumes.of({ stage }),
      refused: this.staleWritesRefused.of({ store: 'redis' }),
      liveStreams: this.liveStreams.of({ stage }),
    });
  }

  /** A viewer has an event that entered the log at `timestamp`, in seconds. */
  delivered(timestamp: number): void {
    this.seenByViewer.observe(Math.max(0, Date.now() / 1000 - timestamp));
  }

  /** A watch has begun (1) or ended (-1). */
  watched(change: 1 | -1): void {
    this.watching.add(change);
  }
}
