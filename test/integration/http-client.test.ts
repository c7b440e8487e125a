import { randomUUID } from 'node:crypto';
import { StoryClient } from '../../src/client';
import type { RunningGateway } from '../../src/gateway';
import { HttpFailure, StoryHttpClient } from '../../src/http-client';
import { laneId, type ProjectId, type StoryEvent } from '../../src/protocol';
import { StoryPage } from '../../src/protocol/viewer';
import { ownKey, startGatewayApp } from '../support/gateway';
import { longText } from '../support/long-rewrite';
import type { TestApp } from '../support/services';
import { ownTopic, textSeen } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
let secret: string;
let stories: StoryHttpClient;

beforeAll(async () => {
  ({ app, gateway, close } = await startGatewayApp());
  ({ secret } = await ownKey(app));
  stories = new StoryHttpClient({ url: gateway.url, token: secret });
});
afterAll(async () => {
  await stories.close();
  await close();
});

/** Gives so many bytes of each answer that is a stream, and then breaks it off. */
function cutAfter(bytes: readonly number[]) {
  const left = [...bytes];
  return async (address: string, init: RequestInit): Promise<Response> => {
    const answer = await fetch(address, init);
    const most =
      left.length > 0 && answer.headers.get('content-type')?.includes('event-stream') ? left.shift() : undefined;
    if (most === undefined || !answer.body) return answer;
    let seen = 0;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        controller.enqueue(piece.subarray(0, most - seen));
        seen += piece.length;
        if (seen >= most) controller.error(new Error('cut'));
      },
    });
    return new Response(answer.body.pipeThrough(cut), answer);
  };
}

test('A story is made, steered and watched over HTTP as with the client, and through a cut each event comes once', async () => {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 60);
  await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 400 });
  const requestId = randomUUID();
  const input = { topic, settings: { scenes: 1 } };
  let repeated = 0;
  const named = { requestId, onRepeated: () => (repeated += 1) };
  const projectId = await stories.create(input, named);
  expect(repeated).toBe(0);
  expect(await stories.create(input, named)).toBe(projectId);
  expect(repeated).toBe(1);
  expect((await stories.list({ text: mark })).map(({ createdAt }) => createdAt)).toEqual([expect.any(Date)]);

  let asked = 0;
  const viewer = new StoryHttpClient({
    url: `${gateway.url}/`,
    // The first is refused, and another one asked for.
    token: (isRefused) => ((asked += 1), isRefused ? secret : 'sr_none'),
    fetch: cutAfter([3_001]),
  });
  const page = new StoryPage();
  const seen: StoryEvent[] = [];
  const watching = (async () => {
    for await (const event of viewer.watch(projectId)) {
      seen.push(event);
      page.apply(event);
    }
  })();
  await until('the snapshot', () => seen.length > 0);
  const run = await stories.start(projectId, { stages: ['rewrite'], ...named });
  expect(repeated).toBe(1);
  expect(await stories.start(projectId, { stages: ['rewrite'], ...named })).toEqual(run);
  expect(repeated).toBe(2);
  await watching;
  await page.proved();
  expect(asked).toBe(2);
  const ids = seen.flatMap((event) => (event.type === 'snapshot' ? [] : (event.id ?? [])));
  expect(new Set(ids).size).toBe(ids.length);
  expect(seen.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
  expect(textSeen(seen, 'rewrite')).toBe(text);
  expect(page.lanes.get(laneId('rewrite'))).toMatchObject({ text, proof: 'verified' });
  expect(await stories.laneText(projectId)).toBe(text);
  expect(await stories.status(projectId)).toEqual(JSON.parse(JSON.stringify(await app.client.status(projectId))));

  const { version } = await stories.editable(projectId);
  const edited = await stories.edit(projectId, { rewrite: 'Another.' }, { version, by: 'ann' });
  expect(await stories.laneText(projectId)).toBe('Another.');
  expect(await stories.textEdits(projectId)).toMatchObject([{ at: expect.any(Date) }]);
  const late = stories.edit(projectId, { rewrite: 'Once more.' }, { version });
  await expect(late).rejects.toMatchObject({
    type: 'Project.Conflict',
    status: 412,
    problem: { version: edited.version },
  });
  await viewer.close();
});

test('What is not of one project is the same over HTTP as with the client', async () => {
  const named = (of: object) => Object.getOwnPropertyNames(Object.getPrototypeOf(of)).sort();
  expect(named(stories.overview)).toEqual(named(app.client.overview));
  const { topic } = ownTopic();
  const projectId = await stories.create({ topic });
  await stories.batch([projectId], { batchId: 'over-http', stages: ['rewrite'] });
  const { batches } = await stories.overview.batches();
  expect(batches).toMatchObject([{ batchId: 'over-http', projects: 1, createdAt: expect.any(Date) }]);
  // All that a form of a new film has, also while its topic is not written yet.
  const settings = { scenes: 3, style: 'ink', language: 'pt-BR', frame: '9:16' };
  const input = { topic: '', name: 'x', settings, budget: 2, start: { gates: [laneId('storyboard')] } };
  const estimated = await stories.overview.estimate(input);
  expect(estimated).toEqual(await app.client.overview.estimate({ settings: { scenes: 3 } }));
  await expect(stories.overview.estimate({ settings: { frame: 'square' } })).rejects.toMatchObject({ status: 422 });
  expect((await stories.overview.providers()).map(({ model }) => model)).toEqual(
    (await app.client.overview.providers()).map(({ model }) => model),
  );
  expect(await stories.overview.review()).toEqual({ items: [] });
  expect(await stories.chapters(projectId)).toMatch(/^WEBVTT/);
});

test('What a run waits for is known: the next attempt of a lane, and a worker that is not there', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 50 });
  const projectId = await stories.create({ topic });
  expect(await stories.waits(projectId)).toEqual({ at: expect.any(Date), lanes: [] });
  await stories.start(projectId, { stages: ['rewrite'] });
  const { at, lanes } = await until('a lane waits', async () => {
    const waits = await stories.waits(projectId);
    return waits.lanes.length > 0 && waits;
  });
  expect(lanes).toEqual([{ lane: 'rewrite', attempt: 2, retryAt: expect.any(Date) }]);
  const seconds = (Number(lanes[0]?.retryAt) - Number(at)) / 1_000;
  expect([seconds > 0, seconds <= 51]).toEqual([true, true]);
  const [waiting] = (await stories.status(projectId)).lanes;
  expect(waiting).toMatchObject({ lane: 'rewrite', error: { type: 'Provider.RateLimited' } });
  await stories.cancel(projectId);

  const elsewhere = await StoryClient.connect({ ...app.config, TEMPORAL_TASK_QUEUE: `nobody-${randomUUID()}` });
  const alone = await stories.create({ topic });
  await elsewhere.start(alone, { stages: ['rewrite'] });
  const { run } = await until('nobody takes it', async () => {
    const waits = await stories.waits(alone);
    return waits.run && waits;
  });
  expect(run).toEqual({ since: expect.any(Date), noWorker: true });
  await elsewhere.close();
});

test('What cannot be is refused for good, with the failures of the client', async () => {
  const nobody = randomUUID() as ProjectId;
  await expect(stories.status(nobody)).rejects.toBeInstanceOf(HttpFailure);
  await expect(stories.watch(nobody).next()).rejects.toMatchObject({ type: 'Project.NotFound', status: 404 });
  await expect(stories.create({ topic: '' })).rejects.toMatchObject({ retryable: false });
  const stranger = new StoryHttpClient({ url: gateway.url, token: 'sr_none' });
  await expect(stranger.watch(nobody).next()).rejects.toMatchObject({ type: 'Request.Unauthenticated' });
  const nowhere = new StoryHttpClient({ url: 'http://127.0.0.1:1' });
  await expect(nowhere.list()).rejects.toMatchObject({ type: 'Service.Unreachable', retryable: true });
  const waiting = nowhere.watch(nobody).next();
  await nowhere.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
});
