import fc from 'fast-check';
import { StoryreelError, type FailureType } from '../../src/client';
import { StoryHttpClient } from '../../src/http-client';
import { malformedFrom } from '../support/malformed';
import { until } from '../support/until';

const PROJECT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const KEY = 'sr_hidden-word';

/** A gateway that gives everybody these answers. */
const clientOf = (answer: () => Response | Promise<Response>) =>
  new StoryHttpClient({ url: 'http://gateway.invalid', token: KEY, fetch: async () => answer() });

type Call = (client: StoryHttpClient, ...given: never[]) => unknown;

/** Every method that asks the gateway. */
const CALLS: Readonly<Record<string, Call>> = {
  create: (client, input, options) => client.create(input, options),
  start: (client, id, options) => client.start(id, options),
  status: (client, id) => client.status(id),
  edit: (client, id, changes, options) => client.edit(id, changes, options),
  editable: (client, id) => client.editable(id),
  textEdits: (client, id) => client.textEdits(id),
  waits: (client, id) => client.waits(id),
  explain: (client, id, options) => client.explain(id, options),
  list: (client, filter) => client.list(filter),
  page: (client, filter) => client.page(filter),
  watch: (client, id, options) => client.watch(id, options).next(),
  pause: (client, id, options) => client.pause(id, options),
  resume: (client, id) => client.resume(id),
  retry: (client, id, lane) => client.retry(id, lane),
  skip: (client, id, lane) => client.skip(id, lane),
  cancelLane: (client, id, lane) => client.cancelLane(id, lane),
  approve: (client, id, gate) => client.approve(id, gate),
  reject: (client, id, gate, rejection) => client.reject(id, gate, rejection),
  cancel: (client, id) => client.cancel(id),
  delete: (client, id, options) => client.delete(id, options),
  setBudget: (client, id, amount) => client.setBudget(id, amount),
  batch: (client, projects, options) => client.batch(projects, options),
  batchStatus: (client, id) => client.batchStatus(id),
  watchBatch: (client, id, options) => client.watchBatch(id, options).next(),
  outcomes: (client, options) => client.outcomes(options).next(),
  cancelBatch: (client, id) => client.cancelBatch(id),
  chapters: (client, id) => client.chapters(id),
  laneText: (client, id, lane) => client.laneText(id, lane),
};

test('every public method is walked', () => {
  const methods = Object.getOwnPropertyNames(StoryHttpClient.prototype);
  const own = ['constructor', 'mediaUrl', 'close', 'leaving', 'post', 'lanes', 'run', 'textAt'];
  expect(methods.filter((name) => !own.includes(name)).sort()).toEqual(Object.keys(CALLS).sort());
});

test('a paid call of a scene that was removed is read: in place of a number, its lane has the id of the scene', async () => {
  const call = { lane: `image_generation/${PROJECT}`, attempt: 1, fence: 2, at: '2026-11-29T09:00:00.000Z' };
  const [read] = await clientOf(() => Response.json({ calls: [call] })).overview.calls(PROJECT);
  expect(read).toEqual({ ...call, at: new Date(call.at) });
});

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectOurs(error: unknown, types?: readonly FailureType[]): void {
  if (error === undefined) return;
  expect(error).toBeInstanceOf(StoryreelError);
  const { type, hint, message, stack = '' } = error as StoryreelError;
  if (types) expect(types).toContain(type);
  expect(hint).toMatch(/\w/);
  expect(message + stack).not.toContain(KEY);
}

const anything = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, PROJECT, '\ud800', 'a\nb', 1n, Symbol('x'), { requestId: 'a\nb' }, []),
  fc.anything(),
);

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  const refuses = ['Response.Invalid', 'Request.Unauthenticated'] as const;
  const streams = name === 'watch' || name === 'watchBatch';

  test('refuses an answer that is another than the gateway gives', async () => {
    if (['delete', 'setBudget', 'chapters', 'laneText', ...(streams ? [name] : [])].includes(name)) return;
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '"x"',
      '<html>',
      '{"projectId":5,"lanes":"x","edits":{},"projects":{}}',
    ]) {
      const client = clientOf(() => new Response(body, { status: 200 }));
      const error = await failureOf(() => call(client, ...([PROJECT, {}, {}] as never[])));
      expect(error).toMatchObject({ type: 'Response.Invalid' });
      expectOurs(error, refuses);
    }
  });

  test('throws nothing but a failure of the catalogue, whatever it is given', async () => {
    const client = clientOf(() => new Response('{}', { status: 403 }));
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 3 }), async (given) => {
        expectOurs(await failureOf(() => call(client, ...(given as never[]))));
      }),
      { numRuns: 50 },
    );
  });
});

test('states it where nobody answers, where a signal has ended the call, and where there is no token to be had', async () => {
  const away = new StoryHttpClient({ url: 'http://127.0.0.1:1', token: KEY });
  const ended = new StoryHttpClient({ url: 'http://127.0.0.1:1', token: KEY, signal: AbortSignal.abort() });
  const keyless = new StoryHttpClient({
    url: 'http://127.0.0.1:1',
    token: () => Promise.reject(new Error('no vault')),
  });
  for (const [client, type] of [
    [away, 'Service.Unreachable'],
    [ended, 'Client.Closed'],
    [keyless, 'Request.Unauthenticated'],
  ] as const) {
    const error = await failureOf(() => client.status(PROJECT));
    expect(error).toMatchObject({ type });
    expectOurs(error);
  }
});

const SNAPSHOT = {
  type: 'snapshot',
  project_id: PROJECT,
  stage: 'pipeline',
  timestamp: 1,
  status: 'processing',
  topic: 'fox',
  lanes: {},
  scenes: [],
  cursor: '1-0',
};
const EVENT = { id: '2-0', type: 'awaiting', gate: 'film', project_id: PROJECT, stage: 'film', timestamp: 2 };
const END = { type: 'end', reason: 'run_ended' };
const framed = (...messages: readonly string[]) =>
  messages.map((data) => `retry: 0\ndata: ${data.replaceAll(/[\r\n]/g, ' ')}\n\n`).join('');
const json = (...messages: readonly object[]) => framed(...messages.map((each) => JSON.stringify(each)));

async function watched(...streams: readonly string[]): Promise<string[]> {
  let next = 0;
  const client = clientOf(() => new Response(streams[Math.min(next++, streams.length - 1)]));
  const types: string[] = [];
  for await (const { type } of client.watch(PROJECT)) types.push(type);
  return types;
}

test('a watch asks for a snapshot where an event is malformed, and gives up where the next one is, too', async () => {
  const broken = { ...EVENT, gate: 5, secret: 'quoted' };
  expect(await watched(json(SNAPSHOT, broken), json(SNAPSHOT, END))).toEqual(['snapshot', 'snapshot']);
  const error = await failureOf(() => watched(json({ ...SNAPSHOT, lanes: 'quoted' })));
  expect(error).toMatchObject({
    type: 'Response.Invalid',
    message: 'The answer of the gateway cannot be read: lanes must be an object.',
  });
});

test('a watch passes over what a newer gateway states', async () => {
  const newer = { ...EVENT, type: 'applause' };
  expect(await watched(json(SNAPSHOT, newer, { ...EVENT, lights: 'on' }, END))).toEqual(['snapshot', 'awaiting']);
});

test('a watch that always misses something comes back at once the first time, and then as late as the server says', async () => {
  const gap = { ...EVENT, type: 'token', lane: 'rewrite', stage: 'rewrite', fence: 1, offset: 50, content: 'x' };
  const lane = { status: 'processing', fence: 1, attempt: 1, offset: 0, text: '' };
  const begun = { ...SNAPSHOT, lanes: { rewrite: lane } };
  const stream = `retry: 86400000\n${[begun, gap].map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}`;
  const timers = jest.spyOn(globalThis, 'setTimeout');
  const leaving = new AbortController();
  const watch = clientOf(() => new Response(stream)).watch(PROJECT, { signal: leaving.signal });
  for (let snapshots = 0; snapshots < 2; snapshots += 1) {
    expect((await watch.next()).value).toMatchObject({ type: 'snapshot' });
  }
  const third = watch.next();
  await until('it waits', () => timers.mock.calls.some(([, ms]) => ms === 86_400_000));
  leaving.abort();
  expect((await third).done).toBe(true);
  timers.mockRestore();
});

test('a watch ends with events or with one clear failure, whatever comes', async () => {
  const sample = fc.constantFrom(EVENT, SNAPSHOT, { type: 'caught_up', server_time: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(malformedFrom(sample), { maxLength: 4 }), async (messages) => {
      const end = JSON.stringify(END);
      expectOurs(await failureOf(() => watched(framed(...messages, end), json(SNAPSHOT, END))), ['Response.Invalid']);
    }),
    { numRuns: 40 },
  );
});
