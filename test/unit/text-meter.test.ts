import { randomUUID } from 'node:crypto';
import { laneId, type ContinuedBy, type ProjectId, type ResetReason } from '../../src/protocol';
import { TextWriter } from '../../src/stream';
import { StoryMetrics } from '../../src/telemetry';
import { Counter, Gauge, Histogram } from '../../src/telemetry/series';
import { TextMeter } from '../../src/telemetry/text-meter';
import { MemoryEventLog } from '../support/memory-log';

describe('The meter of a text', () => {
  let ms: number;
  let meter: TextMeter;
  const series = () => ({
    timeToFirstToken: new Histogram([1]),
    interTokenGap: new Histogram([0.015, 0.1]),
    tokensPerSecond: new Histogram([10]),
    providerToPublish: new Histogram([1]),
    tokensPerAppend: new Histogram([1, 5]),
    tokens: new Counter(),
    publishedBytes: new Counter(),
    resets: new Counter(),
    resumes: new Counter(),
    refused: new Counter(),
    liveStreams: new Gauge(),
  });
  let measured: ReturnType<typeof series>;

  beforeEach(() => {
    ms = 1_000;
    measured = series();
    meter = new TextMeter(measured, () => ms);
    meter.asked();
  });

  function tokens(count: number, everyMs = 0): void {
    for (let i = 0; i < count; i++) {
      ms += everyMs;
      meter.wrote();
    }
  }

  test('takes the time to the first token once, and then gaps', () => {
    for (const gap of [300, 20, 40]) {
      ms += gap;
      meter.wrote();
      meter.sent();
      meter.acknowledged(4, undefined);
    }
    expect(measured.timeToFirstToken).toMatchObject({ count: 1, sum: 0.3 });
    expect(measured.interTokenGap.count).toBe(2);
    expect(measured.interTokenGap.sum).toBeCloseTo(0.06);
    expect(measured.publishedBytes.value).toBe(12);
  });

  test('counts tokens that go together as one append, from the first of them on', () => {
    tokens(1);
    meter.sent();
    tokens(4, 10);
    ms += 5;
    meter.acknowledged(4, undefined);
    meter.sent();
    ms += 5;
    meter.acknowledged(16, undefined);
    expect([...measured.tokensPerAppend.counts]).toEqual([1, 1, 0]);
    expect(measured.tokensPerAppend.sum).toBe(5);
    // 45 ms for the first, and 40 for the second, whose first token came 30 ms before its last.
    expect(measured.providerToPublish.sum).toBeCloseTo(0.085);
  });

  test('averages the gaps within a batch', () => {
    tokens(1);
    meter.sent();
    tokens(4, 10);
    meter.sent();
    tokens(1, 10);
    expect(measured.interTokenGap.count).toBe(5);
    expect(measured.interTokenGap.sum).toBeCloseTo(0.05);
    expect([...measured.interTokenGap.counts]).toEqual([5, 0, 0]);
  });

  test('keeps what an append that failed had, until one goes through', () => {
    tokens(2);
    meter.sent();
    ms += 1_000;
    tokens(3);
    meter.sent();
    ms += 500;
    meter.acknowledged(20, undefined);
    expect(measured.tokensPerAppend).toMatchObject({ count: 1, sum: 5 });
    expect(measured.providerToPublish.sum).toBeCloseTo(1.5);
  });

  test('counts every token once, also those that the log never took', () => {
    tokens(2);
    meter.sent();
    tokens(3);
    meter.ended();
    expect(measured.tokens.value).toBe(5);
    meter.sent();
    meter.acknowledged(20, undefined);
    expect(measured.tokens.value).toBe(5);
    expect(measured.tokensPerAppend.sum).toBe(5);
  });

  test('knows a stream as live from the question to its end', () => {
    expect(measured.liveStreams.value).toBe(1);
    meter.ended();
    expect(measured.liveStreams.value).toBe(0);
  });
});

describe('A writer with a meter', () => {
  const projectId = randomUUID() as ProjectId;
  const lane = laneId('rewrite');
  const log = new MemoryEventLog();
  const metrics = new StoryMetrics();
  const writers: TextWriter[] = [];
  afterAll(() => writers.forEach((writer) => writer.close()));

  function attempt(
    fence: number,
    opening: { reason?: ResetReason; continued?: { text: string; how: ContinuedBy } } = {},
  ): TextWriter {
    const meter = metrics.text('rewrite', 'test');
    const text = new TextWriter({ log, writer: { projectId, lane, fence, attempt: fence }, meter, ...opening });
    writers.push(text);
    return text;
  }

  const value = (name: 'resets' | 'resumes') => metrics[name].of({ stage: 'rewrite' }).value;

  test('counts one reset or one resumption an attempt, and what the log refused', async () => {
    const first = attempt(1);
    first.write('Once upon');
    expect(await first.flush(5_000)).toBe(true);
    expect([value('resets'), value('resumes')]).toEqual([0, 0]);

    const second = attempt(2, { reason: 'retry' });
    for (const piece of ['Long', ' ago']) second.write(piece);
    expect(await second.flush(5_000)).toBe(true);
    expect([value('resets'), value('resumes')]).toEqual([1, 0]);

    const third = attempt(3, { reason: 'retry', continued: { text: 'Long ago', how: 'prefill' } });
    third.open();
    third.write(' there was');
    expect(await third.flush(5_000)).toBe(true);
    expect([value('resets'), value('resumes')]).toEqual([1, 1]);

    second.write(' and far away');
    expect(await second.flush(5_000)).toBe(false);
    expect(metrics.staleWritesRefused.of({ store: 'redis' }).value).toBe(1);
    expect(metrics.publishedBytes.of({ stage: 'rewrite' }).value).toBe('Once uponLong ago there was'.length);
  });

  test('is read in the format of Prometheus', async () => {
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      '# TYPE storyreel_text_restarts_total counter\nstoryreel_text_restarts_total{stage="rewrite"} 1\n',
    );
    expect(text).toContain('# TYPE storyreel_live_streams gauge\n');
    expect(text).toMatch(/^storyreel_tokens_per_append_bucket\{stage="rewrite",le="\+Inf"\} \d+$/m);
    expect(text).toMatch(/^storyreel_publish_to_viewer_seconds_count 0$/m);
  });
});
