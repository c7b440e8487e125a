import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { ServerError } from '../../src/providers';
import { STAGES } from '../../src/protocol';
import { statusOf } from '../../src/activities/usage/provider-answer';
import { serveMetrics, StoryMetrics } from '../../src/telemetry';
import { ANSWERS, answerOf } from '../../src/telemetry/call-metrics';
import { promtool } from '../support/prometheus';

/** The samples of a page, by name and labels as they stand there. */
async function samples(metrics: StoryMetrics): Promise<string[]> {
  const page = await metrics.registry.metrics();
  return page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const word = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('rewrite', 'film', 'text', 'other', '__proto__', 'constructor', '', '"', '\\', '\n'),
);
const kinds = ['text', 'image', 'video'] as const;

interface Counted {
  a: string;
  b: string;
  c: string;
}

async function samplesOf(counted: readonly Counted[]): Promise<string[]> {
  const metrics = new StoryMetrics();
  for (const kind of kinds) metrics.providers.admit(kind, 'p');
  for (const { a, b, c } of counted) {
    metrics.calls.answers.of({ provider: a, kind: b, status: c }).add(1);
    metrics.calls.answers.of({ provider: a, kind: 'text', status: c }).add(1);
    metrics.runs.attempts.of({ stage: a, outcome: b }).add(1);
    metrics.runs.ended.of({ outcome: a }).add(1);
    metrics.staleWritesRefused.of({ store: a }).add(1);
    metrics.text(a, b).asked();
  }
  return samples(metrics);
}

/** Every known name beside more unknown ones than any label takes. */
function everything(): Counted[] {
  const names = [
    ...STAGES.map(({ name }) => name),
    ...ANSWERS,
    ...kinds,
    'completed',
    'failed',
    'cancelled',
    'redis',
    'postgres',
    'other',
  ];
  const unknown = Array.from({ length: 100 }, (_, i) => `unknown-${i}`);
  return [...names, ...unknown].flatMap((a) =>
    [...names, ...unknown].map((b, i) => ({ a, b, c: ANSWERS[i % ANSWERS.length] ?? '' })),
  );
}

describe('Labels', () => {
  test('are bounded, whatever is counted under which name', async () => {
    const most = (await samplesOf(everything())).length;
    expect(most).toBeLessThan(20_000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ a: word, b: word, c: word }), { maxLength: 200 }), async (counted) => {
        const all = await samplesOf(counted);
        expect(all.length).toBeLessThanOrEqual(most);
        const total = (name: string) =>
          all.filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
        expect(total('storyreel_provider_answers_total')).toBe(2 * counted.length);
        expect(total('storyreel_attempts_total')).toBe(counted.length);
        expect(total('storyreel_live_streams')).toBe(counted.length);
      }),
      { numRuns: 25 },
    );
  });

  test('that are known are there at 0 before anything is counted', async () => {
    const metrics = new StoryMetrics();
    for (const kind of kinds) metrics.providers.admit(kind, 'p');
    const born = await samples(metrics);
    for (const kind of kinds) {
      for (const status of ANSWERS) {
        expect(born).toContain(`storyreel_provider_answers_total{provider="p",kind="${kind}",status="${status}"} 0`);
      }
      expect(born).toContain(`storyreel_cost_paid_total{provider="p",kind="${kind}"} 0`);
    }
    expect(born).toContain('storyreel_runs_ended_total{outcome="failed"} 0');
    expect(born).toContain('storyreel_stale_writes_refused_total{store="postgres"} 0');
    expect(born).toContain('storyreel_text_restarts_total{stage="storyboard"} 0');
    expect(born).toContain('storyreel_time_to_first_token_seconds_count{stage="rewrite",provider="p"} 0');
    // Nobody looks at services here, so that none is said to be down.
    expect(born.filter((line) => /^storyreel_(service_up|open_runs|parked|oldest|postgres)/.test(line))).toEqual([]);
  });

  test('with any character in a name are a page that Prometheus reads', async () => {
    const metrics = new StoryMetrics();
    metrics.observeProcess();
    for (const [i, name] of ['a"b', 'a\\b', 'a\nb', 'été', '{}', ' ', 'x'.repeat(300)].entries()) {
      metrics.providers.admit(kinds[i % 3] ?? 'text', name);
    }
    expect(await promtool(['check', 'metrics'], await metrics.registry.metrics())).toEqual({
      isContent: true,
      said: '',
    });
  });
});

test('Every HTTP status has a label', () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), (status) => {
      const label = answerOf(status);
      expect(ANSWERS).toContain(label);
      expect(label[0]).toBe(String(status)[0]);
    }),
  );
  expect(answerOf(418)).toBe('4xx');
  expect(answerOf(599)).toBe('5xx');
});

test('A failure that nobody knows is no answer of the provider', () => {
  expect(statusOf(new ServerError('no image'))).toBe('unusable');
  expect(statusOf(new Error('our own'))).toBe('other');
});

test('The page is compressed for whoever takes that', async () => {
  const server = await serveMetrics('127.0.0.1:0', new StoryMetrics());
  const ask = (accepted?: string) =>
    new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
      const headers = accepted === undefined ? {} : { 'accept-encoding': accepted };
      request(server.url, { headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(parts) }),
        );
      })
        .on('error', reject)
        .end();
    });
  const plain = await ask();
  expect(plain.encoding).toBeUndefined();
  for (const accepted of ['gzip', 'GZIP', 'br, gzip;q=0.5', '*', '*;q=0.1']) {
    const { encoding, body } = await ask(accepted);
    expect({ accepted, encoding }).toEqual({ accepted, encoding: 'gzip' });
    expect(gunzipSync(body).equals(plain.body)).toBe(true);
    expect(body.length).toBeLessThan(plain.body.length / 4);
  }
  for (const accepted of ['identity', 'gzip;q=0', 'gzip;q=0, *', 'x-gzip', 'br'])
    expect({ accepted, encoding: (await ask(accepted)).encoding }).toEqual({ accepted, encoding: undefined });
  await server.close();
});
