import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { screenOf, type Screen } from '../../web/router/screens';
import { projectRoot } from '../architecture/project-files';
import { look, NO_FAULTS } from '../support/axe';
import { faultsOf, openBrowser, openPage, takePicture } from '../support/browser';
import { startGateway } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { isAtGate, ownTopic, watchToEnd, watchUntil } from '../support/stories';
import { until } from '../support/until';

const LANGUAGES = ['en', 'zh'];
/** Where pictures of all screens go, if they are wanted. */
const pictures = process.env['STORYREEL_PICTURES'];

let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let browser: Browser;
/** Films by what has become of them. */
const films: Record<'done' | 'waiting', string> = { done: '', waiting: '' };

interface Shown {
  readonly path: () => string;
  /** What is there once the screen is whole. */
  readonly whole: string;
}
/** Every screen that the router knows: one without a line here does not compile. */
const SCREENS: Record<Screen['name'], Shown> = {
  films: { path: () => '/', whole: '.film-row' },
  'new-film': { path: () => '/new', whole: '.estimate' },
  film: { path: () => `/p/${films.done}?scene=2`, whole: '.script .proof-verified' },
  batches: { path: () => '/b', whole: '.film-row' },
  batch: { path: () => `/b/${BATCH}`, whole: '.film-row .rail' },
  review: { path: () => '/review', whole: '.gate-bar' },
  providers: { path: () => '/providers', whole: '.provider' },
  settings: { path: () => '/settings', whole: 'h1' },
  watch: { path: () => `/w/${films.done}`, whole: '.script .proof-verified' },
  missing: { path: () => '/p/nowhere', whole: 'h1' },
};
/** The same screen with something else on it. */
const MORE: Readonly<Record<string, Shown>> = {
  'at-a-gate': { path: () => `/p/${films.waiting}?tab=lanes`, whole: '.gate-bar' },
  cost: { path: () => `/p/${films.done}?tab=cost`, whole: '.calls' },
  events: { path: () => `/p/${films.done}?tab=events`, whole: '.filters select' },
  'no-film': { path: () => '/p/00000000-0000-4000-8000-000000000000', whole: 'h1' },
};
const BATCH = `spring-${randomUUID().slice(0, 8)}`;
const screens: Readonly<Record<string, Shown>> = { ...SCREENS, ...MORE };

beforeAll(async () => {
  database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url, FRAME_SIZE: '320x180' });
  app = await startApp(env);
  gateway = await startGateway(env);
  browser = await openBrowser();
  const { projectIds } = await app.client.batch([{ topic: ownTopic().topic, settings: { scenes: 2 } }], {
    batchId: BATCH,
  });
  const done = projectIds[0] as ProjectId;
  await watchToEnd(app.client, done);
  const waiting = await app.client.create({ topic: 'a fox who paints the moon', settings: { scenes: 3 } });
  await app.client.start(waiting, { gates: ['storyboard'] });
  await watchUntil(app.client, waiting, isAtGate);
  await app.client.create({ topic: 'a draft' });
  Object.assign(films, { done, waiting });
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await app?.close();
  await database?.drop();
});

async function openScreen(name: string, locale: string, colorScheme: 'light' | 'dark', width = 1280): Promise<Page> {
  const page = await openPage(browser, gateway.url, { locale, colorScheme, viewport: { width, height: 900 } });
  const { path, whole } = screens[name] ?? { path: () => '/', whole: 'h1' };
  await page.goto(path());
  await page.waitForLoadState('load');
  await page.locator(whole).first().waitFor();
  return page;
}

test.each(Object.entries(SCREENS))('the router knows the address of the screen %s', (name, { path }) => {
  expect(screenOf(path().replace(/\?.*/, '')).name).toBe(name);
});

describe.each(Object.keys(screens))('The screen %s', (name) => {
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
      const seen = await look(page);
      if (pictures) await takePicture(page, join(pictures, `${name}-${locale}-${scheme}-${width}.png`));
      await page.context().close();
      expect({ ...seen, faults }).toEqual({ ...NO_FAULTS, faults: [] });
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

test('a gateway that has a newer page gives that one to who chooses another language', async () => {
  const page = await openScreen('films', 'en-GB', 'light');
  let isNewer = false;
  await page.route('**/assets/zh-*.js', (route) => (isNewer ? route.continue() : route.fulfill({ status: 404 })));
  page.on('framenavigated', () => (isNewer = true));
  await page.getByLabel('Language').selectOption('zh');
  await page.getByRole('heading', { name: '影片', exact: true }).waitFor();
  await page.context().close();
});

test('the page is small in each language, is sent compressed, and is kept for ever', async () => {
  const assets = join(projectRoot, 'dist', 'web', 'assets');
  const files = readdirSync(assets, { recursive: true, encoding: 'utf8' });
  const size = (loaded: readonly string[]) =>
    loaded.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
  const scripts = files.filter((file) => file.endsWith('.js'));
  const ofLanguage = (file: string) => LANGUAGES.find((each) => file.startsWith(`${each}-`));
  for (const language of LANGUAGES) {
    const loaded = scripts.filter((file) => (ofLanguage(file) ?? language) === language);
    expect(loaded.length).toBe(scripts.length - LANGUAGES.length + 1);
    expect(size(loaded)).toBeLessThanOrEqual(60_000);
  }
  expect(size(files.filter((file) => file.endsWith('.css')))).toBeLessThanOrEqual(12_000);
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
