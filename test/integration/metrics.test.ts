import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { serveMetrics, StoryClient, StoryMetrics } from '../../src/client';
import { readConfig } from '../../src/config';
import { createWorker } from '../../src/worker';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { promtool } from '../support/prometheus';
import { loggerThatCounts } from '../support/sdk-warnings';
import { ownTopic, textSeen, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

/** One sample of Prometheus' text, by its name and labels as they stand there. */
async function scrape(url: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

const METRIC = /\b(?:storyreel|temporal|process|nodejs)_\w+/g;
const dashboard = JSON.parse(
  readFileSync(resolve(__dirname, '..', '..', 'docs', 'grafana', 'storyreel.json'), 'utf8'),
) as unknown;

/** What the dashboard asks Prometheus, wherever it stands in it. */
function expressions(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    (key === 'expr' || key === 'definition') && typeof value === 'string' ? [value] : expressions(value),
  );
}

describe('A worker with METRICS_ADDRESS', () => {
  const studio = new StudioControl();
  let app: TestApp;
  let url: string;

  beforeAll(async () => {
    app = await startApp({ METRICS_ADDRESS: '127.0.0.1:0', STORYREEL_TEXT_CONTINUATION: 'prefill' });
    url = app.worker.metricsUrl ?? '';
  });
  afterAll(() => app.close());

  test('counts what a story with a reset and a resumption did, and shows it with what Temporal counts', async () => {
    const { topic, mark } = ownTopic();
    // The prose is cut off and gone on from; the storyboard cannot be read and is asked for again.
    await studio.misbehave(mark, 'chat', { cut: 20 });
    await studio.writeAbout(mark);
    const metrics = new StoryMetrics();
    const viewer = await StoryClient.connect(app.config, { metrics });
    const own = await serveMetrics('127.0.0.1:0', metrics);
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const before = await scrape(url);
    await app.client.start(projectId);
    const events = await watchToEnd(viewer, projectId);
    const counted = await scrape(url);
    const seen = await scrape(own.url);
    await own.close();
    await viewer.close();

    const grown = (name: string) => (counted.get(name) ?? 0) - (before.get(name) ?? 0);
    const types = (type: string, lane: string) =>
      events.filter((e) => e.type !== 'snapshot' && e.type === type && e.lane === lane).length;
    expect(types('resumed', 'rewrite')).toBe(1);
    expect(grown('storyreel_resumes_total{stage="rewrite"}')).toBe(1);
    expect(grown('storyreel_text_restarts_total{stage="rewrite"}')).toBe(types('reset', 'rewrite'));
    const bytes = (lane: string) => Buffer.byteLength(textSeen(events, lane));
    expect(grown('storyreel_published_bytes_total{stage="storyboard"}')).toBe(bytes('storyboard'));
    const tokens = grown('storyreel_stream_chunks_total{stage="storyboard",provider="environment"}');
    expect(tokens).toBeGreaterThan(5);
    expect(grown('storyreel_tokens_per_append_sum{stage="storyboard"}')).toBe(tokens);
    const appends = grown('storyreel_tokens_per_append_count{stage="storyboard"}');
    expect(appends).toBeGreaterThan(0);
    expect(appends).toBe(types('token', 'storyboard'));
    expect(grown('storyreel_provider_to_publish_seconds_count{stage="storyboard"}')).toBe(appends);
    const labels = '{stage="storyboard",provider="environment"}';
    expect(grown(`storyreel_time_to_first_token_seconds_count${labels}`)).toBe(1);
    const gaps = grown(`storyreel_inter_token_gap_seconds_count${labels}`);
    expect(gaps).toBeGreaterThan(0);
    expect(gaps).toBeLessThan(tokens);
    expect(counted.get('storyreel_live_streams{stage="rewrite"}')).toBe(0);
    expect(seen.get('storyreel_publish_to_viewer_seconds_count')).toBeGreaterThan(0);
    expect(seen.get('storyreel_viewers')).toBe(0);
    const temporal = [...counted.keys()].filter((name) => name.startsWith('temporal_'));
    expect(temporal).toContainEqual(expect.stringMatching(/^temporal_activity_execution_latency_seconds_count\{/));
    expect([...counted.keys()]).toContain('process_cpu_seconds_total');

    // A series that is born with its first event shows no increase.
    const counters = [...counted].filter(([name]) => /^storyreel_\w+_(total|count|sum)(\{|$)/.test(name));
    expect(counters.map(([name]) => name).filter((name) => !before.has(name))).toEqual([]);
    expect(grown('storyreel_runs_started_total')).toBe(1);
    expect(grown('storyreel_runs_ended_total{outcome="completed"}')).toBe(1);
    expect(grown('storyreel_runs_ended_total{outcome="failed"}')).toBe(0);
    const settled = (stage: string) => grown(`storyreel_attempts_total{stage="${stage}",outcome="settled"}`);
    expect(['rewrite', 'storyboard', 'image_generation', 'film'].map(settled)).toEqual([1, 1, 1, 1]);
    const answers = (kind: string, status: string) =>
      grown(`storyreel_provider_answers_total{provider="environment",kind="${kind}",status="${status}"}`);
    expect(answers('text', 'cut')).toBe(1);
    expect(answers('image', '200')).toBe(1);
    // The order, the wait and the download.
    expect(answers('video', '200')).toBe(3);
    expect(grown(`storyreel_tokens_per_second_count${labels}`)).toBe(1);
    const up = ['temporal', 'postgres', 'redis'].map((name) => counted.get(`storyreel_service_up{service="${name}"}`));
    expect(up).toEqual([1, 1, 1]);
    expect(counted.get('storyreel_postgres_pool_size')).toBe(app.config.DATABASE_POOL_SIZE);
  });

  test('is what Prometheus reads without a complaint, and names no project', async () => {
    const page = await (await fetch(url)).text();
    expect(await promtool(['check', 'metrics'], page)).toEqual({ isContent: true, said: '' });
    expect(page).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/);
  });

  test('counts an attempt that begins anew, and the tokens of the one that failed', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { bad_json: 'not_json' });
    const before = await scrape(url);
    const projectId = await app.client.create({ topic: `${topic}`, settings: { scenes: 1 } });
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    const counted = await scrape(url);
    const resets = events.filter(({ type }) => type === 'reset');
    const sum = (name: string, from: ReadonlyMap<string, number>) =>
      [...from].filter(([key]) => key.startsWith(name)).reduce((total, [, value]) => total + value, 0);
    expect(sum('storyreel_text_restarts_total', counted) - sum('storyreel_text_restarts_total', before)).toBe(
      resets.length,
    );
  });

  test('has every metric of the Grafana dashboard, which has every metric of ours', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 500 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    const text = await (await fetch(url)).text();
    const shown = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    );
    const used = new Set(expressions(dashboard).flatMap((expr) => expr.match(METRIC) ?? []));
    expect(used.size).toBeGreaterThan(10);
    expect([...used].filter((name) => !shown.includes(name))).toEqual([]);
    const ours = new StoryMetrics().registry.getMetricsAsArray().map(({ name }) => name);
    const usedOf = (name: string) => [...used].some((each) => each.replace(/_(bucket|sum|count)$/, '') === name);
    expect(ours.filter((name) => !usedOf(name))).toEqual([]);
  });

  test('answers nothing but /metrics', async () => {
    expect((await fetch(new URL('/', url))).status).toBe(404);
  });

  test('shows a stream that is open', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 3 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await until('a live stream', async () => (await scrape(url)).get('storyreel_live_streams{stage="rewrite"}') === 1);
    await app.client.cancel(projectId);
    await until('no live stream', async () => (await scrape(url)).get('storyreel_live_streams{stage="rewrite"}') === 0);
    await watchToEnd(app.client, projectId);
  });
});

test('An address that is taken ends the worker in one line, and leaves nothing behind', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const config = readConfig(testEnv({ METRICS_ADDRESS: address }));
  await expect(
    createWorker({ settings: config, logger: loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')) }),
  ).rejects.toMatchObject({
    type: 'Config.Invalid',
    message: `METRICS_ADDRESS ${address} cannot be listened on (EADDRINUSE). Another program has this port: choose another port, or end that program.`,
  });
  taken.close();
});

test('The endpoint closes with its worker', async () => {
  const app = await startApp({ METRICS_ADDRESS: '127.0.0.1:0' });
  const { metricsUrl = '' } = app.worker;
  expect((await fetch(metricsUrl)).status).toBe(200);
  await app.close();
  await expect(fetch(metricsUrl)).rejects.toThrow();
});
