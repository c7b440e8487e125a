import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { StoryClient } from '../../src/client';
import type { ProjectId } from '../../src/protocol';
import { look, NO_FAULTS } from '../support/axe';
import { ownKey } from '../support/gateway';
import { LivePage, scriptOn } from '../support/live-page';
import { takePicture } from '../support/browser';
import { longText } from '../support/long-rewrite';
import { isAtGate, isParked, ownTopic, watchText, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

/** Each state of the live film and of the list, as it looks: checked by axe, and taken as a picture where that is wanted. */
const pictures = process.env['STORYREEL_PICTURES'];
const LOOKS = [
  ['en-GB', 'light', 1280],
  ['en-GB', 'dark', 390],
  ['zh-CN', 'light', 390],
  ['zh-CN', 'dark', 1280],
] as const;

const studio = new StudioControl();
let live: LivePage;
let key: { readonly secret: string };
const films: Record<string, ProjectId> = {};

beforeAll(async () => {
  if (pictures) mkdirSync(pictures, { recursive: true });
  live = await LivePage.start();
  const { client } = live.app;
  const { secret } = await client.keys.create({ name: 'operator' });
  key = { secret };
  const make = async (name: string, scenes: number) => {
    const { topic, mark } = ownTopic('the last train to the sea');
    films[name] = await client.create({ topic, settings: { scenes } });
    return { id: films[name], mark };
  };
  const half = { text: longText('The sea', 40), hold: 150 };
  const running = await make('running', 2);
  await studio.misbehave(running.mark, 'chat', half);
  await client.start(running.id);
  const paused = await make('paused', 2);
  await studio.misbehave(paused.mark, 'chat', half);
  await client.start(paused.id);
  const parked = await make('parked', 3);
  await studio.writeAbout(parked.mark);
  await studio.misbehave(parked.mark, 'image', { status: 429, code: 'insufficient_quota' }, 3);
  await client.start(parked.id);
  const gate = await make('at-a-gate', 4);
  await studio.writeAbout(gate.mark);
  await client.start(gate.id, { gates: ['image_generation'] });
  const retrying = await make('retrying', 3);
  await studio.writeAbout(retrying.mark);
  await studio.misbehave(retrying.mark, 'image', { status: 429, retryAfter: 3_000 }, 2);
  await client.start(retrying.id);
  const inBatch = [ownTopic(), ownTopic()];
  for (const { mark } of inBatch) await studio.writeAbout(mark);
  await studio.misbehave(inBatch[1]?.mark ?? '', 'image', { status: 429, code: 'insufficient_quota' }, 4);
  await client.batch(
    inBatch.map(({ topic }) => ({ topic, settings: { scenes: 2 } })),
    { batchId: 'spring' },
  );
  const alone = await make('worker-absent', 2);
  await elsewhere(alone.id);
  await watchText(client, paused.id, 200);
  await client.pause(paused.id, { now: true });
  await watchText(client, running.id, 200);
  await until('it is paused', async () => (await client.status(paused.id)).status === 'paused');
  const watch = client.watch(paused.id);
  held.stored = `data: ${JSON.stringify((await watch.next()).value)}\n\n`;
  await watch.return();
  await Promise.all([watchUntil(client, parked.id, isParked), watchUntil(client, gate.id, isAtGate)]);
});
afterAll(async () => {
  await live?.close();
});

/** Starts it where no worker is. */
async function elsewhere(id: ProjectId): Promise<void> {
  const nowhere = await StoryClient.connect({ ...live.app.config, TEMPORAL_TASK_QUEUE: `nobody-${randomUUID()}` });
  await nowhere.start(id);
  await nowhere.close();
}

/** A stream that states what is stored and that Redis is away, or nothing at all, and stays open. */
const held = {
  url: '',
  stored: '',
  server: createServer(({ url }, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    if (url === '/silent') answer.flushHeaders();
    else answer.write(`${held.stored}data: ${JSON.stringify({ type: 'stream', state: 'away' })}\n\n`);
  }),
};
beforeAll(async () => {
  await once(held.server.listen(0, '127.0.0.1'), 'listening');
  held.url = `http://127.0.0.1:${(held.server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  held.server.closeAllConnections();
  held.server.close();
});

type State = readonly [name: string, open: (options: BrowserContextOptions) => Promise<Page>];

const film =
  (name: string, query = '') =>
  async (options: BrowserContextOptions) => {
    const page = await live.open(key, options);
    await page.goto(`/p/${films[name]}${query}`);
    await page.locator('.connection-live').waitFor();
    return page;
  };

/** The stream begins as the gateway's, and then says what is given here. */
async function withStream(options: BrowserContextOptions, events: readonly object[]): Promise<Page> {
  const page = await live.open(key, options);
  await page.route('**/events*', async (route) => {
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    await route.fulfill({ status: 200, contentType: 'text/event-stream', body });
  });
  await page.goto(`/p/${films['paused']}`);
  return page;
}

const states: readonly State[] = [
  [
    'running',
    async (options) => {
      const page = await film('running')(options);
      await until('half of the text', async () => ((await scriptOn(page).textContent()) ?? '').length > 200);
      return page;
    },
  ],
  [
    'paused',
    async (options) => {
      const page = await film('paused')(options);
      await page.locator('.edit, .script .button').first().waitFor();
      return page;
    },
  ],
  [
    'parked',
    async (options) => {
      const page = await film('parked', '?tab=lanes')(options);
      await page.locator('.tray').waitFor();
      return page;
    },
  ],
  [
    'gate',
    async (options) => {
      const page = await film('at-a-gate', '?scene=2')(options);
      await page.locator('.gate-bar').waitFor();
      await page.locator('.card img').first().waitFor();
      await page.locator('.card .scene-cost').first().waitFor();
      await page
        .locator('.gate-bar')
        .getByText(/What is left of the film costs about|剩余部分约需/)
        .waitFor();
      return page;
    },
  ],
  [
    'retrying',
    async (options) => {
      const page = await film('retrying')(options);
      await page
        .locator('.card .lane-waits')
        .getByText(/next try in|后重试/)
        .first()
        .waitFor();
      await page.locator('.card .lane-waits').getByText('Provider.RateLimited').first().waitFor();
      return page;
    },
  ],
  [
    'worker-absent',
    async (options) => {
      const page = await live.open(key, options);
      await page.goto(`/p/${films['worker-absent']}`);
      await page
        .getByRole('status')
        .getByText(/No worker takes this work|没有 worker/)
        .waitFor();
      return page;
    },
  ],
  [
    'parked-batch',
    async (options) => {
      const page = await live.open(key, options);
      await page.goto('/b/spring');
      await page.getByText(/1 of 2 ended|已结束 1/).waitFor();
      await page.getByRole('button', { name: /\(2\)|（2）/ }).waitFor();
      return page;
    },
  ],
  [
    'reconnecting',
    async (options) => {
      const page = await withStream(options, []);
      await page.locator('.connection-reconnecting').waitFor();
      return page;
    },
  ],
  [
    'catching-up',
    async (options) => {
      const page = await live.open(key, options);
      await page.route('**/events*', (route) => route.continue({ url: `${held.url}silent` }));
      await page.goto(`/p/${films['paused']}`);
      await page.locator('.connection-catching_up').waitFor();
      return page;
    },
  ],
  [
    'redis-away',
    async (options) => {
      const page = await live.open(key, options);
      await page.route('**/events*', (route) => route.continue({ url: held.url }));
      await page.goto(`/p/${films['paused']}`);
      await page.locator('.connection-away').waitFor();
      return page;
    },
  ],
  [
    'empty',
    async (options) => {
      const page = await live.open(await ownKey(live.app), options);
      await page.goto('/');
      await page.locator('.examples').waitFor();
      return page;
    },
  ],
  [
    'signed-out',
    async (options) => {
      const page = await (await live.browser.newContext({ baseURL: live.gateway.url, ...options })).newPage();
      await page.goto('/');
      await page.locator('form.notice').waitFor();
      return page;
    },
  ],
];

/** At both sides of each width at which the top is arranged anew. */
const WIDTHS = [1361, 1360, 1201, 1200, 1073, 1072, 721, 720, 390];
/** Without what has a line of its own: the screens on a narrow page, and on a phone a long state of the connection. */
const LINES_AT_THE_TOP = `new Set(
  [...document.querySelectorAll('.top > :is(.brand, .button, select, .chip)')]
    .filter((each) => getComputedStyle(each).order === '0')
    .map((each) => each.getBoundingClientRect())
    .filter(({ width }) => width > 0)
    .map(({ y, height }) => Math.round((y + height / 2) / 4)),
).size`;

/** Every screen is looked at in all of them, in screens.test.ts. */
const looks = pictures
  ? LOOKS
  : LOOKS.filter(([, scheme, width]) => (scheme === 'light') === (width === 1280)).slice(0, 2);

describe.each(states)('The state %s', (name, open) => {
  test.each(looks)(
    'has no fault that axe finds, and one line for the choices at the top, in %s, %s, %d wide',
    async (locale, colorScheme, width) => {
      const page = await open({ locale, colorScheme, viewport: { width, height: 900 } });
      const seen = await look(page);
      if (pictures) await takePicture(page, join(pictures, `${name}-${locale}-${colorScheme}-${width}.png`));
      const lines: number[] = [];
      for (const each of WIDTHS) {
        await page.setViewportSize({ width: each, height: 900 });
        lines.push(await page.evaluate<number>(LINES_AT_THE_TOP));
      }
      await page.context().close();
      expect({ ...seen, lines }).toEqual({ ...NO_FAULTS, lines: WIDTHS.map(() => 1) });
    },
  );
});
