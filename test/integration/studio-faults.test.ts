import { jsonrepair } from 'jsonrepair';
import type { Fault } from '../../dev/studio';
import { post, readStream, StudioUnderTest } from './studio-support';
import { until } from '../support/until';

let studio: StudioUnderTest;
beforeAll(async () => (studio = await StudioUnderTest.start()));
afterAll(() => studio.stop());

let count = 0;
const newTopic = (): string => `a fox with ${++count} lanterns`;
const chat = (
  topic: string,
  more: object = {},
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> =>
  post(
    `${studio.url}/chat/completions`,
    { model: 'm', stream: true, messages: [{ role: 'user', content: `Rewrite as a story. Topic: ${topic}` }], ...more },
    headers,
    signal,
  );
const faulty = (fault: Fault, topic = newTopic(), more: object = {}): Promise<Response> =>
  chat(topic, more, { 'x-studio-fault': JSON.stringify(fault) });

test.each([
  [{ status: 429, retryAfter: 2 }, 'rate_limit_exceeded'],
  [{ status: 429, code: 'insufficient_quota' }, 'insufficient_quota'],
  [{ status: 500 }, 'server_error'],
  [{ status: 400 }, 'invalid_request_error'],
])('%j is answered in OpenAI’s shape', async (fault, type) => {
  const answer = await faulty(fault);
  expect(answer.status).toBe(fault.status);
  expect(answer.headers.get('retry-after')).toBe('retryAfter' in fault ? '2' : null);
  expect(await answer.json()).toMatchObject({ error: { type } });
});

test('another key than the one that is set is answered with 401', async () => {
  const guarded = await StudioUnderTest.start({ apiKey: 'right' });
  try {
    const models = (key: string): Promise<Response> =>
      fetch(`${guarded.url}/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models('right')).status).toBe(200);
    expect((await models('wrong')).status).toBe(401);
    const answer = await post(`${guarded.url}/images/generations`, { prompt: 'a' }, { authorization: 'Bearer wrong' });
    expect(await answer.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  } finally {
    await guarded.stop();
  }
});

test('a cut destroys the connection after so many tokens, and the client is not blamed', async () => {
  const topic = newTopic();
  const streamed = await readStream(await faulty({ cut: 6 }, topic));
  expect(streamed).toMatchObject({ broken: true, finish: null, done: false });
  expect(streamed.tokens).toHaveLength(6);
  expect(await studio.requests(topic)).toMatchObject([{ tokensSent: 6, aborted: false, status: 200 }]);
});

test('no_finish ends the stream cleanly without a reason and without DONE', async () => {
  const streamed = await readStream(await faulty({ no_finish: 4 }));
  expect(streamed).toMatchObject({ broken: false, finish: null, done: false });
  expect(streamed.tokens).toHaveLength(4);
});

test('a stall sends no more after so many tokens until the client gives up, which the record shows', async () => {
  const topic = newTopic();
  const stop = new AbortController();
  const answer = await chat(topic, {}, { 'x-studio-fault': '{"stall":5}' }, stop.signal);
  const reading = readStream(answer);
  await until('five tokens are sent', async () =>
    (await studio.requests(topic))[0]?.tokensSent === 5 ? true : undefined,
  );
  expect((await studio.requests(topic))[0]).toMatchObject({ endedAt: null, aborted: false });
  stop.abort();
  expect((await reading).tokens).toHaveLength(5);
  await until('the request has ended', async () =>
    (await studio.requests(topic)).find((seen) => seen.aborted && seen.endedAt !== null),
  );
});

test('a client that leaves in mid-stream ends the stream at once and is recorded as aborted', async () => {
  const topic = newTopic();
  const stop = new AbortController();
  const answer = await chat(topic, {}, { 'x-studio-tokens-per-second': '50' }, stop.signal);
  await readStream(answer, () => stop.abort());
  const seen = await until('the request has ended', async () =>
    (await studio.requests(topic)).find((each) => each.endedAt !== null),
  );
  expect(seen.aborted).toBe(true);
  expect(seen.tokensSent).toBeLessThan(20);
});

test('utf8_split ends reads inside characters, and joined they are the same text', async () => {
  const topic = '一个收集风暴的灯塔看守人 🤖';
  const split = await readStream(await faulty({ utf8_split: true }, topic, { max_tokens: 120 }));
  expect(split.text).toBe((await readStream(await chat(topic, { max_tokens: 120 }))).text);
  const inside = split.reads.filter((bytes) => (bytes.at(-1) ?? 0) >= 0x80 && bytes.at(-1) !== 0x0a);
  expect(inside.length).toBeGreaterThan(20);
});

test('speed and the wait for the first token are kept', async () => {
  const started = performance.now();
  let first = 0;
  const tokens = await readStream(
    await faulty({ slow_first_token: 300, tokensPerSecond: 100 }, newTopic(), { max_tokens: 100 }),
    () => {
      first ||= performance.now() - started;
    },
  );
  expect(tokens.tokens).toHaveLength(100);
  expect(first).toBeGreaterThanOrEqual(299);
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_289);
});

const board = async (fault: Fault): Promise<string> => {
  const more = { response_format: { type: 'json_schema', json_schema: { name: 'storyboard' } } };
  return (await readStream(await faulty(fault, newTopic(), more))).text;
};
interface Board {
  scenes: unknown;
}

test.each(['fenced', 'prose', 'trailing_comma'] as const)(
  'bad_json %s does not parse but holds the whole storyboard',
  async (how) => {
    const text = await board({ bad_json: how });
    expect(() => JSON.parse(text)).toThrow();
    const parsed = JSON.parse(jsonrepair(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))) as Board;
    expect(parsed.scenes).toHaveLength(5);
  },
);

test.each(['not_json', 'cut_short', 'missing_field', 'wrong_type', 'wrong_root'] as const)(
  'bad_json %s holds no whole storyboard',
  async (how) => {
    const text = await board({ bad_json: how });
    const fields = ['scene_number', 'narration', 'visual_prompt', 'shot_type', 'duration'];
    let value: unknown;
    try {
      value = JSON.parse(jsonrepair(text));
    } catch {
      return;
    }
    const { scenes } = value as Partial<Board>;
    const whole = Array.isArray(scenes) && scenes.every((scene: object) => fields.every((field) => field in scene));
    expect(whole && scenes.every((scene: { scene_number: unknown }) => typeof scene.scene_number === 'number')).toBe(
      false,
    );
  },
);

test.each([0, 600])('a storyboard can be made to have %i scenes', async (scenes) => {
  expect((JSON.parse(await board({ scenes })) as Board).scenes).toHaveLength(scenes);
});

test('text answers exactly this text', async () => {
  const topic = newTopic();
  await studio.plan({ match: topic, fault: { text: 'Naïve 🦊\n' } });
  expect((await readStream(await chat(topic))).text).toBe('Naïve 🦊\n');
});

test('planned faults strike only requests that match, in order and so often as planned', async () => {
  const [topic, other] = [newTopic(), newTopic()];
  await studio.plan({ match: topic, kind: 'chat', fault: { status: 500 } });
  await studio.plan({ match: topic, kind: 'any', fault: { status: 503 }, times: 2 });
  const statuses: number[] = [];
  for (const each of [other, topic, topic, topic, topic]) {
    const answer = await chat(each);
    await answer.text();
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([200, 500, 503, 503, 200]);
});

test('a fault that does not exist is refused and states why', async () => {
  const answer = await studio.plan({ fault: { explode: true } as Fault });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(/explode/);
  expect((await chat('a', {}, { 'x-studio-fault': 'explode' })).status).toBe(400);
});
