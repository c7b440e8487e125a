import type { Page, Request } from 'playwright-core';
import { laneOfRole, type ProjectId } from '../../src/protocol';
import { LivePage, makeFilm, scriptOn, statusOn } from '../support/live-page';
import { longText } from '../support/long-rewrite';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const STORY = laneOfRole('story');
const studio = new StudioControl();
let live: LivePage;
let key: { readonly secret: string };
const films = { atGate: '', edited: '' };

beforeAll(async () => {
  live = await LivePage.start();
  const { client } = live.app;
  const { secret } = await client.keys.create({ name: 'operator' });
  key = { secret };
  const page = await live.open(key);
  films.atGate = await makeFilm(page, ownTopic().topic, { scenes: 2, gate: true });
  await page.locator('.gate-bar').waitFor();
  const edited = await makeFilm(page, ownTopic().topic, { scenes: 2 });
  await statusOn(page).getByText('done').waitFor();
  await client.edit(edited, { scenes: [{ scene_number: 1, narration: 'In other words.' }] });
  films.edited = edited;
  await client.batch([{ topic: ownTopic().topic, settings: { scenes: 1 } }], { batchId: 'spring' });
});
afterAll(async () => {
  await live?.close();
});

interface Late {
  readonly path: () => string;
  /** What comes last. */
  readonly held: string;
  /** What is there before it; visible or not. */
  readonly before: string;
  readonly after: string;
}
const LATE: Readonly<Record<string, Late>> = {
  'the number of what waits': { path: () => '/', held: '**/v1/review?*', before: '.film-row', after: '.top .count' },
  'an estimate': {
    path: () => '/new',
    held: '**/v1/estimates',
    before: '.form',
    after: '.estimate strong:not(:text("…"))',
  },
  'the list of batches': { path: () => '/b', held: '**/v1/batches', before: 'h1', after: '.film-row' },
  'the list of keys': {
    path: () => '/settings',
    held: '**/v1/keys',
    before: '.film-row:has-text("this browser")',
    after: '.film-row:has-text("operator")',
  },
  'the price at a gate': {
    path: () => `/p/${films.atGate}`,
    held: '**/explain',
    before: '.gate-bar',
    after: '.gate-bar :text("What is left")',
  },
  'the price in the review': {
    path: () => '/review',
    held: '**/explain',
    before: '.gate-bar',
    after: '.gate-bar :text("What is left")',
  },
  'what a run would make': {
    path: () => `/p/${films.edited}`,
    held: '**/explain',
    before: '.connection-ended',
    after: '.next-run',
  },
  'the film': {
    path: () => `/p/${films.edited}`,
    held: '**/media/**',
    before: '.next-run',
    after: '.film video',
  },
};

/** Every control that is shown, by its name, with its place. Two of one name are counted as one. */
const placesOf = (page: Page) =>
  page.evaluate<Record<string, string>>(`Object.fromEntries(
    [...document.querySelectorAll('button, a, input, select, textarea, summary')]
      .filter((each) => each.checkVisibility({ visibilityProperty: true }))
      .map((each) => {
        const { x, y, width } = each.getBoundingClientRect();
        return [each.tagName + ' ' + (each.getAttribute('aria-label') ?? each.textContent), [x, y, width].map(Math.round).join()];
      }))`);

/** The text of a film comes by its stream. A page without a film lacks none. */
const hasItsText = (page: Page) =>
  page.evaluate<boolean>("[...document.querySelectorAll('.script')].every((each) => each.textContent.length > 200)");

describe.each(Object.entries(LATE))('If %s comes last', (_, { path, held, before, after }) => {
  test.each([1280, 390])('no control moves, on a page %d wide', async (width) => {
    const page = await live.open(key, { viewport: { width, height: 900 } });
    const waiting = new Map<Request, () => void>();
    let isHeld = true;
    await page.route(held, async (route) => {
      if (isHeld) await new Promise<void>((go) => waiting.set(route.request(), go));
      await route.continue();
    });
    const unanswered = new Set<Request>();
    page.on('request', (request) => unanswered.add(request));
    page.on('requestfinished', (request) => unanswered.delete(request));
    page.on('requestfailed', (request) => unanswered.delete(request));
    // A stream of events has no end.
    const isAwaited = (request: Request) => !waiting.has(request) && !request.url().includes('/events');
    await page.goto(path());
    await page.locator(before).first().waitFor({ state: 'attached' });
    await until('it is asked for', () => waiting.size > 0);
    // What else is asked for meanwhile comes before it.
    let places = await placesOf(page);
    await until('everything else is there', async () => {
      const [earlier, now] = [JSON.stringify(places), await placesOf(page)];
      places = now;
      const isStill = earlier === JSON.stringify(now) && (await hasItsText(page));
      return isStill && ![...unanswered].some(isAwaited);
    });
    isHeld = false;
    for (const go of waiting.values()) go();
    await page.locator(after).first().waitFor();
    await until('the film has its size, if there is one', () =>
      page.evaluate<boolean>("[...document.querySelectorAll('.film video')].every((each) => each.videoHeight > 0)"),
    );
    const now = await placesOf(page);
    await page.context().close();
    const known = Object.keys(places).filter((name) => name in now);
    expect(known.length).toBeGreaterThan(5);
    expect(known.map((name) => `${name}: ${now[name]}`)).toEqual(known.map((name) => `${name}: ${places[name]}`));
  });
});

test.each([
  ['at a gate', true],
  ['of a finished film', false],
])('no button moves under the pointer when a price arrives, %s', async (_, gate) => {
  const page = await live.open();
  await makeFilm(page, ownTopic().topic, { scenes: 2, gate });
  await (gate ? page.locator('.gate-bar') : statusOn(page).getByText('done')).waitFor();
  await page.getByRole('button', { name: 'Scene 2' }).click();
  const stays = async (area: string, name: string, act: () => Promise<void>) => {
    let held = 0;
    await page.route('**/explain', () => void (held += 1));
    await act();
    const button = page.locator(area).getByRole('button', { name, exact: true });
    await button.waitFor();
    await until('the price is asked for', () => held > 0);
    const before = await button.boundingBox();
    // What has been held goes on to the gateway.
    await page.unroute('**/explain');
    await page.locator(area).locator('.consequence').waitFor();
    expect(await button.boundingBox()).toEqual(before);
  };
  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  await stays('.edit', 'Save', () => page.getByLabel('Edit: Narration').fill('In other words.'));
  await stays('.answer', 'Undo', () => page.getByRole('button', { name: 'Save', exact: true }).click());
  await stays('dialog', 'Remove scene', () => page.getByRole('button', { name: 'Remove scene' }).click());
});

test('the film under review stays when another one leaves the list, so that an approval meets the one that is shown', async () => {
  const { client } = live.app;
  const { secret } = await client.keys.create({ name: 'reviewer', owner: 'reviewer' });
  const page = await live.open({ secret });
  const waiting: ProjectId[] = [];
  for (let i = 0; i < 3; i += 1) {
    waiting.push(await makeFilm(page, ownTopic().topic, { scenes: 1, gate: true }));
    await page.locator('.gate-bar').waitFor();
  }
  await page.goto('/review');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('2 of 3').waitFor();
  const shown = await page.locator('.waiting h2').first().textContent();
  await client.cancel(waiting[0] as ProjectId);
  await page.getByText('1 of 2').waitFor();
  expect(await page.locator('.waiting h2').first().textContent()).toBe(shown);
  await page.locator('.gate-bar').getByRole('button', { name: 'Approve' }).click();
  await until(
    'it is approved',
    async () => (await client.status(waiting[1] as ProjectId)).status !== 'awaiting_approval',
  );
});

test('on a phone, a scene that is chosen is shown with its details', async () => {
  const page = await live.open(key, { viewport: { width: 390, height: 800 } });
  await page.goto(`/p/${films.edited}`);
  await page.getByRole('button', { name: 'Scene 2' }).click();
  await until('its details are in sight', async () => {
    const box = await page.locator('.scene-detail h3').boundingBox();
    return box !== null && box.y > 0 && box.y < 800;
  });
  for (const [name, part] of [
    ['Storyboard', '#storyboard-title'],
    ['Film', '#film-title'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Film' }).getByRole('link', { name }).click();
    await until(`${name} is in sight`, async () => {
      const box = await page.locator(part).boundingBox();
      return box !== null && box.y > 0 && box.y < 800;
    });
  }
});

test.each([
  [1080, 720],
  [1280, 720],
])('on a page of %d by %d, the stages and what is beside them never lie over each other', async (width, height) => {
  const page = await live.open(key, { viewport: { width, height } });
  await page.goto(`/p/${films.edited}?scene=1`);
  await page.locator('.scene-detail h3').waitFor();
  await page.locator('.next-run').waitFor();
  const overlaps = await page.evaluate<string[]>(`(() => {
    const found = [];
    const boxOf = (selector) => document.querySelector(selector).getBoundingClientRect();
    for (let y = 0; y < document.documentElement.scrollHeight; y += 100) {
      scrollTo(0, y);
      const stages = boxOf('.stages');
      for (const other of ['.inspector', '.live-main']) {
        const { left, right, top, bottom } = boxOf(other);
        if (stages.left < right && left < stages.right && stages.top < bottom - 1 && top < stages.bottom - 1) found.push(other + ' at ' + y);
      }
    }
    return found;
  })()`);
  expect(overlaps).toEqual([]);
});

test('between a phone and a desk, the name of a film keeps its room beside all that can be done', async () => {
  const { client } = live.app;
  const id = await client.create({ topic: ownTopic().topic, settings: { scenes: 1 }, budget: 5 });
  await client.start(id, { gates: ['rewrite'] });
  const page = await live.open(key, { viewport: { width: 768, height: 800 } });
  await page.goto(`/p/${id}`);
  await page.locator('.gate-bar').waitFor();
  const [name, head] = await Promise.all(['h1', '.screen-head'].map((part) => page.locator(part).boundingBox()));
  expect(name?.width).toBeGreaterThan((head?.width ?? 0) * 0.35);
  await client.cancel(id);
});

test('after back, forward and a reload each screen is scrolled to where it was', async () => {
  const page = await live.open(key, { viewport: { width: 390, height: 500 } });
  await page.goto('/');
  await page.locator('.film-row').first().waitFor();
  const y = 300;
  await page.evaluate(`scrollTo(0, ${y})`);
  await until('it is known', async () => (await page.evaluate<number | undefined>('history.state?.y')) === y);
  const isThere = () => page.evaluate<boolean>(`scrollY === ${y}`);
  await page.evaluate("document.querySelector('.film-row > a').click()");
  await page.locator('.script').waitFor();
  expect(await page.evaluate<number>('scrollY')).toBe(0);
  await page.goBack();
  await until('the list is where it was', isThere);
  await page.reload();
  await until('the list is where it was', isThere);
});

test('on a phone, the number of chosen films and the end of the choice share a line', async () => {
  const page = await live.open(key, { viewport: { width: 390, height: 800 } });
  await page.goto('/');
  await page.getByRole('checkbox', { name: 'Choose all' }).first().check();
  const bar = page.locator('.bulk');
  const boxes = await Promise.all(
    [bar.locator('strong'), bar.getByRole('button', { name: 'Close' })].map((part) => part.boundingBox()),
  );
  const [number = 0, end = 0] = boxes.map((box) => box && box.y + box.height / 2);
  expect(Math.abs((number ?? 0) - (end ?? 0))).toBeLessThan(4);
});

test('on a phone, the search and its filter share a line, and the bar of a batch is as wide as its films', async () => {
  const page = await live.open(key, { viewport: { width: 390, height: 800 } });
  await page.goto('/');
  const boxes = await Promise.all(
    ['.filters input[type=search]', '.filters select'].map((part) => page.locator(part).boundingBox()),
  );
  expect(boxes[1]?.y).toBe(boxes[0]?.y);
  await page.goto('/b/spring');
  const [bar, films] = await Promise.all(['progress', '.films'].map((part) => page.locator(part).boundingBox()));
  expect(bar?.width).toBe(films?.width);
});

test('on a phone, what the menus of a film offer is in sight', async () => {
  const page = await live.open(key, { viewport: { width: 390, height: 800 } });
  await page.goto(`/p/${films.edited}`);
  const menus = page.locator('.head-actions .menu');
  await menus.nth(1).waitFor();
  for (const menu of await menus.all()) {
    await menu.locator('summary').click();
    const { x, width } = (await menu.locator('.menu-body').boundingBox()) ?? { x: -1, width: 0 };
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(390);
    await menu.locator('summary').click();
  }
});

test.each(['/', '/b', '/review'])(
  'that the gateway is away is stated at the foot of %s, and moves no control',
  async (path) => {
    const page = await live.open(key);
    await page.goto(path);
    await page.locator('.film-row, .gate-bar').first().waitFor();
    let places = await placesOf(page);
    await until('all is there', async () => {
      const [earlier, now] = [JSON.stringify(places), await placesOf(page)];
      places = now;
      return Object.keys(now).length > 10 && earlier === JSON.stringify(now);
    });
    await page.route('**/v1/**', (route) => route.abort());
    const notice = page.getByRole('alert').getByText('The gateway does not answer.');
    await notice.waitFor();
    const cornersOf = (all: Record<string, string>) =>
      Object.entries(all).map(([name, place]) => `${name}: ${place.replace(/,\d+$/, '')}`);
    expect(cornersOf(await placesOf(page))).toEqual(cornersOf(places));
    const { y, height } = (await notice.boundingBox()) ?? { y: 0, height: 0 };
    expect(y + height).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
  },
);

test('what waits for a person, or waits by itself, lies over the foot of the screen, and moves no control', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 40), hold: 120 }, 2);
  const page = await live.open();
  const id = await makeFilm(page, topic, { scenes: 1 });
  await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 200);
  const placeOf = (area: string) => page.locator(area).boundingBox();
  const before = await Promise.all(['#script-title', '#inspector', '.stages'].map(placeOf));
  await live.app.client.cancelLane(id, STORY);
  const tray = page.locator('.tray');
  await tray.getByText('Lane.Cancelled').waitFor();
  expect(await Promise.all(['#script-title', '#inspector', '.stages'].map(placeOf))).toEqual(before);
  const { y, height } = (await tray.boundingBox()) ?? { y: 0, height: 0 };
  const seen = page.viewportSize()?.height ?? 0;
  expect(y + height).toBeLessThanOrEqual(seen);
  expect(height).toBeLessThan(seen * 0.6);
  await tray.getByRole('button', { name: 'Retry', exact: false }).first().click();
  await tray.waitFor({ state: 'detached' });
  // The click of the test has scrolled to what it presses.
  await page.evaluate('scrollTo(0, 0)');
  expect(await Promise.all(['#script-title', '.stages'].map(placeOf))).toEqual([before[0], before[2]]);
});

test.each(['the pointer', 'the focus'])(
  'a film keeps its place in the list for as long as %s is in it',
  async (what) => {
    const { client } = live.app;
    const { secret } = await client.keys.create({ name: 'lister', owner: `lister of ${what}` });
    const page = await live.open({ secret });
    const names: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      await makeFilm(page, ownTopic().topic, { scenes: 1, gate: true });
      await page.locator('.gate-bar').waitFor();
      names.push((await page.locator('h1').textContent()) ?? '');
    }
    const id = page.url().split('/').at(-1) as ProjectId;
    await page.goto('/');
    await page.mouse.move(0, 0);
    const row = page.locator('.film-row').filter({ hasText: names[1] ?? '' });
    const link = row.getByRole('link').first();
    await (what === 'the focus' ? link.focus() : link.hover());
    const other = page.locator('.film-row').filter({ hasText: names[0] ?? '' });
    const places = async () => [(await row.boundingBox())?.y, (await other.boundingBox())?.y];
    const before = await places();
    await client.cancel(id);
    await row.locator('.status').getByText('cancelled').waitFor();
    expect(await places()).toEqual(before);
    const group = page.getByRole('region', { name: /^Failed or cancelled/ });
    expect(await group.count()).toBe(0);
    const said = page.getByText('The list keeps its order until you leave it.');
    await said.waitFor();
    await (what === 'the focus' ? page.getByRole('searchbox').focus() : page.mouse.move(0, 0));
    await group.getByText(names[1] ?? '').waitFor();
    await said.waitFor({ state: 'detached' });
  },
);
