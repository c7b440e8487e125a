import type { ProjectId } from '../../src/protocol';
import { ownKey } from '../support/gateway';
import { LivePage, makeFilm, statusOn } from '../support/live-page';
import { ownTopic } from '../support/stories';
import { until } from '../support/until';

let live: LivePage;
let key: { readonly secret: string };
let film: ProjectId;

beforeAll(async () => {
  live = await LivePage.start();
  key = await ownKey(live.app);
  const page = await live.open(key);
  film = await makeFilm(page, ownTopic().topic, { scenes: 2 });
  await statusOn(page).getByText('done').waitFor();
});
afterAll(async () => {
  await live?.close();
});

const AT = "document.querySelector('.film video').currentTime";

test('a link to a second of the film begins there, and is copied from there', async () => {
  const page = await live.open(key, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(`/p/${film}?t=2`);
  await page.locator('.film video').waitFor();
  await until('it is at its second', async () => (await page.evaluate<number>(AT)) === 2);
  await page.evaluate(`${AT} = 4.5`);
  await page.getByRole('button', { name: 'Link to this moment' }).click();
  await page.locator('.answer').getByText('Copied').waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied).toBe(`${live.gateway.url}/p/${film}?t=4`);
});

test('a share link to a second of the film begins there, without its token', async () => {
  const owner = await live.open(key);
  await owner.goto(`/p/${film}`);
  await owner.getByLabel('More actions').last().click();
  await owner.getByRole('button', { name: 'Share links' }).click();
  await owner.getByRole('button', { name: 'Create' }).click();
  const link = (await owner.getByRole('dialog').locator('code').textContent()) ?? '';
  const page = await (await live.browser.newContext({ baseURL: live.gateway.url })).newPage();
  await page.goto(link.replace('#', '?t=2#'));
  await page.locator('.film video').waitFor();
  await until('it is at its second', async () => (await page.evaluate<number>(AT)) === 2);
  expect(page.url()).toBe(`${live.gateway.url}/w/${film}?t=2`);
});

test('the film has its chapters beside its subtitles, for browsers that list them', async () => {
  const page = await live.open(key);
  await page.goto(`/p/${film}`);
  await page.locator('.film video').waitFor();
  const tracks = () =>
    page.evaluate<[string, string[]][]>(
      `[...document.querySelector('.film video').textTracks].map(({ kind, cues }) => [kind, [...(cues ?? [])].map(({ text }) => text)])`,
    );
  await until('they are read', async () => {
    const read = await tracks();
    return read.length === 2 && read.every(([, cues]) => cues.length > 0);
  });
  const [subtitles, chapters] = await tracks();
  expect([subtitles?.[0], chapters]).toEqual(['subtitles', ['chapters', ['Scene 1', 'Scene 2']]]);
});

test('what was paid on another day has its date', async () => {
  const page = await live.open(key, { timezoneId: 'Asia/Kolkata' });
  const [call] = await live.app.client.overview.calls(film);
  for (const [days, shown] of [
    [0, /^\d\d:\d\d:\d\d$/],
    [2, /^[A-Z][a-z]{2} \d{1,2}, \d\d:\d\d:\d\d$/],
  ] as const) {
    await page.clock.setFixedTime(new Date(call?.at ?? 0).getTime() + days * 86_400_000);
    await page.goto(`/p/${film}?tab=cost`);
    expect(await page.locator('.calls time').first().textContent()).toMatch(shown);
  }
});

test('a browser that cannot hash says so beside each text, and beside nothing else', async () => {
  const page = await live.open(key);
  await page.addInitScript("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })");
  await page.goto(`/p/${film}?tab=lanes`);
  await page.locator('.script').getByText('not verified').waitFor();
  const marked = await page.evaluate<string[]>(
    `[...document.querySelectorAll('tbody tr')].filter((row) => row.querySelector('.proof')).map((row) => row.cells[0].textContent)`,
  );
  expect(marked).toEqual(['Story', 'Storyboard', 'Camera · scene 1', 'Camera · scene 2']);
});
