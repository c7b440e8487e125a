import type { StreamMeter } from '../stream';
import type { Counter, Gauge, Histogram } from './series';

export interface TextSeries {
  readonly timeToFirstToken: Histogram;
  readonly interTokenGap: Histogram;
  readonly tokensPerSecond: Histogram;
  readonly providerToPublish: Histogram;
  readonly tokensPerAppend: Histogram;
  readonly tokens: Counter;
  readonly publishedBytes: Counter;
  readonly resets: Counter;
  readonly resumes: Counter;
  readonly refused: Counter;
  readonly liveStreams: Gauge;
}

/**
 * Measures the stream of one attempt. A token costs an addition and a comparison. The clock is read twice per batch: at
 * its first token, and when the log has the batch. If tokens arrive slowly, a batch is one token.
 */
export class TextMeter implements StreamMeter {
  private askedAt = 0;
  /** Tokens that no send has taken yet, and when the first of them came. */
  private gathered = 0;
  private gatheredSince = 0;
  /** How many of them are counted already. */
  private counted = 0;
  /** Tokens that were sent and not acknowledged yet, and when the first of them came. */
  private flying = 0;
  private flyingSince = 0;
  private lastBatchTokens = 0;
  private lastBatchSince = 0;
  private hasOpened = false;
  private firstAt = 0;
  /** Tokens that were counted. */
  private total = 0;

  constructor(
    private readonly series: TextSeries,
    /** Milliseconds. */
    private readonly now = () => performance.now(),
  ) {}

  /** The provider is asked. */
  asked(): void {
    this.askedAt = this.now();
    this.series.liveStreams.add(1);
  }

  wrote(): void {
    if (++this.gathered === 1) this.beginBatch();
  }

  sent(): void {
    if (this.flying === 0) this.flyingSince = this.gatheredSince;
    this.flying += this.gathered;
    this.count();
    this.lastBatchTokens += this.gathered;
    this.gathered = 0;
    this.counted = 0;
  }

  acknowledged(bytes: number, opening: 'reset' | 'resumed' | undefined): void {
    const { series } = this;
    if (!this.hasOpened) {
      this.hasOpened = true;
      if (opening) (opening === 'reset' ? series.resets : series.resumes).add(1);
    }
    series.publishedBytes.add(bytes);
    if (this.flying === 0) return;
    series.tokensPerAppend.observe(this.flying);
    series.providerToPublish.observe((this.now() - this.flyingSince) / 1000);
    this.flying = 0;
  }

  refused(): void {
    this.series.refused.add(1);
  }

  /** The provider has ended, well or not. */
  ended(): void {
    // Text that the log did not accept yet is sent later, or never; it has arrived in any case.
    this.count();
    this.series.liveStreams.add(-1);
    const seconds = (this.now() - this.firstAt) / 1000;
    if (this.total > 1 && seconds > 0) this.series.tokensPerSecond.observe((this.total - 1) / seconds);
  }

  private beginBatch(): void {
    const now = this.now();
    this.gatheredSince = now;
    if (this.lastBatchTokens === 0) {
      this.series.timeToFirstToken.observe((now - this.askedAt) / 1000);
      this.firstAt = now;
    } else {
      const { lastBatchTokens: tokens } = this;
      this.series.interTokenGap.observe((now - this.lastBatchSince) / 1000 / tokens, tokens);
    }
    this.lastBatchSince = now;
    this.lastBatchTokens = 0;
  }

  private count(): void {
    const more = this.gathered - this.counted;
    this.series.tokens.add(more);
    this.total += more;
    this.counted = this.gathered;
  }
}
