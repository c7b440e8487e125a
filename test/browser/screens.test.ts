import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import type { RunningGateway } from '../../src/gateway';
import { projectRoot } from '../architecture/project-files';
import { faultsOf, openBrowser, openPage, takePicture } from '../support/browser';
import { startGateway } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { isAtGate, ownTopic, watchToEnd, watchUntil } from '../support/stories';
import { until } from '../support/until';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures of all screens go, if they are wanted. */
const pictures = process.env['STORYREEL_PICTURES'];

let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let browser: Browser;
const screens: Record<string, string> = {
  'new-film': '/new',
  batches: '/b',
  review: '/review',
  providers: '/providers',
  settings: '/settings',
  'not-found': '/p/00000000-0000-4000-8000-000000000000',
};

beforeAll(async () => {
  database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url, FRAME_SIZE: '320x180' });
  app = await startApp(env);
  gateway = await startGateway(env);
  browser = await openBrowser();
  const done = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
  await app.client.start(done);
  await watchToEnd(app.client, done);
  const waiting = await app.client.create({ topic: 'a fox who paints the moon', settings: { scenes: 3 } });
  await app.client.start(waiting, { gates: ['storyboard'] });
  await watchUntil(app.client, waiting, isAtGate);
  await app.client.create({ topic: 'a draft' });
  Object.assign(screens, {
    films: '/',
    done: `/p/${done}?scene=2`,
    'at-a-gate': `/p/${waiting}?tab=lanes`,
    watch: `/w/${done}`,
  });
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await app?.close();
  await database?.drop();
});

async function openScreen(name: string, locale: string, colorScheme: 'light' | 'dark', width = 1280): Promise<Page> {
  const page = await openPage(browser, gateway.url, { locale, colorScheme, viewport: { width, height: 900 } });
  await page.goto(screens[name] ?? '');
  await page.locator('h1').waitFor();
  await page.waitForLoadState('load');
  if (name === 'done' || name === 'watch') await page.locator('.script .proof-verified').waitFor();
  if (name === 'at-a-gate' || name === 'review') await page.locator('.gate-bar').waitFor();
  if (name === 'films') await page.locator('.film-row').first().waitFor();
  return page;
}

const names = ['films', 'done', 'at-a-gate', 'watch', ...Object.keys(screens)];

describe.each(names)('The screen %s', (name) => {
  test.each([
    ['en-GB', 'light', 1280],
    ['en-GB', 'dark', 390],
    ['zh-CN', 'light', 390],
    ['zh-CN', 'dark', 1280],
  ] as const)(
    'has no fault that axe finds, in %s, %s, %d wide, and does not scroll sideways',
    async (locale, scheme, width) => {
      const page = await openScreen(name, locale, scheme, width);
      const faults = faultsOf(page);
      await page.evaluate(axe);
      const found = await page.evaluate<string[]>(
        `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`,
      );
      if (pictures) await takePicture(page, join(pictures, `${name}-${locale}-${scheme}-${width}.png`));
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      await page.context().close();
      expect({ found, faults, overflow }).toEqual({ found: [], faults: [], overflow: 0 });
    },
  );
});

test('the list of films shows first pictures, in a space of the same size with and without one', async () => {
  const page = await openScreen('films', 'en-GB', 'light');
  const picture = page.getByRole('img', { name: /^First picture of / }).first();
  await until('it is loaded', () => page.evaluate<boolean>("document.querySelector('.poster img')?.naturalWidth > 0"));
  expect(await picture.getAttribute('loading')).toBe('lazy');
  const sizes = await page.evaluate<string[]>(
    "[...new Set([...document.querySelectorAll('.poster')].map((each) => each.offsetWidth + 'x' + each.offsetHeight))]",
  );
  await page.context().close();
  expect(sizes).toHaveLength(1);
});

test('the page is small, is sent compressed, and is kept for ever', async () => {
  const assets = join(projectRoot, 'dist', 'web', 'assets');
  const files = readdirSync(assets, { recursive: true, encoding: 'utf8' });
  const size = (ending: RegExp) =>
    files
      .filter((file) => ending.test(file))
      .reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
  expect(size(/\.js$/)).toBeLessThanOrEqual(60_000);
  expect(size(/\.css$/)).toBeLessThanOrEqual(12_000);
  const script = files.find((file) => /^main-.*\.js$/.test(file)) ?? '';
  const sent = await fetch(`${gateway.url}/assets/${script}`, { headers: { 'accept-encoding': 'br' } });
  expect([sent.status, sent.headers.get('content-encoding'), sent.headers.get('cache-control')]).toEqual([
    200,
    'br',
    'public, max-age=31536000, immutable',
  ]);
  // By request, because fetch sets a mode of its own.
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  const [shell] = (await once(get(gateway.url, { headers }), 'response')) as [IncomingMessage];
  shell.resume();
  expect(shell.statusCode).toBe(200);
  expect(shell.headers['content-security-policy']).toContain("default-src 'none'");
});
