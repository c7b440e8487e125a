import type { Page } from 'playwright-core';
import type { ProjectId } from '../../src/protocol';
import { ownKey } from '../support/gateway';
import { LivePage, makeFilm, playFilm, scriptOn, statusOn } from '../support/live-page';
import { longText } from '../support/long-rewrite';
import { isAtGate, ownTopic, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
let live: LivePage;

beforeAll(async () => {
  live = await LivePage.start();
});
afterAll(async () => {
  await live?.close();
});

test('a film is made, approved, opened from the list and played with the keyboard alone', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open();
  await page.goto('/');
  await page.getByText('No film yet').waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Topic').waitFor();
  await page.keyboard.type(topic);
  await page.keyboard.press('Control+Enter');
  await page.locator('.gate-bar').waitFor();
  await page.keyboard.press('a');
  await statusOn(page).getByText('done').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.locator('.film-row').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.film video').waitFor();
  await until('the player has the focus', async () => {
    await page.keyboard.press('Tab');
    return page.evaluate<boolean>("document.activeElement?.tagName === 'VIDEO'");
  });
  await page.keyboard.press('Space');
  await until('it plays', () => page.evaluate<boolean>("document.querySelector('video').currentTime > 0"));
});

test('keys that belong to an input method do nothing', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open(undefined, { locale: 'zh-CN' });
  await page.goto('/');
  const id = await live.app.client.create({ topic, settings: { scenes: 1 } });
  await live.app.client.start(id, { gates: ['storyboard'] });
  const { secret } = await live.app.client.keys.create({ name: 'operator' });
  const operator = await live.open({ secret }, { locale: 'zh-CN' });
  await operator.goto(`/p/${id}`);
  await operator.locator('.gate-bar').waitFor();
  const compose = (key: string, more: string) =>
    operator.evaluate(
      `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true, ${more} }))`,
    );
  await compose('a', 'isComposing: true');
  await compose('a', 'keyCode: 229');
  await operator.keyboard.press('x');
  const reason = operator.locator('.reject textarea');
  await reason.fill('一只狗');
  await compose('Enter', 'ctrlKey: true, isComposing: true');
  await compose('Escape', 'isComposing: true');
  expect(await reason.inputValue()).toBe('一只狗');
  await operator.keyboard.press('Escape');
  await reason.waitFor({ state: 'detached' });
  expect((await live.app.client.status(id)).status).toBe('awaiting_approval');
  await operator.keyboard.press('a');
  await statusOn(operator).getByText('完成').waitFor();
});

test('a screen reader is read what happens in sentences, and no token', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 12), hold: 20 });
  const page = await live.open();
  const id = await makeFilm(page, topic, { scenes: 1, gate: true });
  await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 20);
  expect(await scriptOn(page).getAttribute('aria-busy')).toBe('true');
  // Who comes in the middle is read what changes after that: the stored state must be there first.
  await page.locator('.head-meta').getByText('version 1').waitFor();
  await page.evaluate(`
    const region = document.querySelector('body > #app > [role=status]');
    window.read = [];
    new MutationObserver(() => region.textContent && window.read.push(region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
  `);
  await studio.release(mark);
  await page.locator('.gate-bar').waitFor();
  const transcript = async () => (await page.evaluate<string[]>('window.read')).join(' ');
  await until('the gate is read', async () => (await transcript()).includes('Storyboard waits for your approval.'));
  await page.keyboard.press('a');
  await until('the end is read', async () => (await transcript()).includes('Film: done.'));
  const read = await transcript();
  const order = ['Story: done.', 'Storyboard waits for your approval.', 'Approve: accepted.', 'Film: done.'];
  const places = order.map((sentence) => read.indexOf(sentence));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(read).toContain('Story: verified.');
  expect(read).not.toContain(mark);
  expect((await live.app.client.status(id)).status).toBe('completed');
});

test('with reduced motion nothing moves, and with forced colours and at 400 % every status can be distinguished and nothing is cut off', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 12), hold: 20 });
  // 1280 pixels at 400 %.
  const page = await live.open(undefined, {
    reducedMotion: 'reduce',
    forcedColors: 'active',
    viewport: { width: 320, height: 256 },
  });
  await makeFilm(page, topic, { scenes: 2, gate: true });
  await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 20);
  const moving = () =>
    page.evaluate<number>("document.getAnimations().filter(({ playState }) => playState === 'running').length");
  expect(await moving()).toBe(0);
  await studio.release(mark);
  await page.locator('.gate-bar').waitFor();
  expect(await moving()).toBe(0);
  const overflow = () =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(await overflow()).toBe(0);
  // What is chosen can be told from what is not.
  for (const part of ['.top nav a', '.tabs button']) {
    const lines = `[...document.querySelectorAll('${part}')].map((each) => getComputedStyle(each).borderBottomColor)`;
    expect(new Set(await page.evaluate<string[]>(lines)).size).toBe(2);
  }
  for (const path of ['/', '/new', '/review', '/b', '/providers', '/settings']) {
    await page.goto(path);
    await page.locator('h1').waitFor();
    expect([path, await overflow()]).toEqual([path, 0]);
  }
});

test('a newcomer needs one click from the link to a film, another one to play it, and three from the film to a changed scene', async () => {
  const page = await live.open();
  const clicks = await countClicks(page);
  await page.goto('/');
  await page.locator('.examples button').first().click();
  await statusOn(page).getByText('done').waitFor();
  expect(clicks()).toBe(1);
  await playFilm(page);
  await until('it plays', () => page.evaluate<boolean>("document.querySelector('video').currentTime > 0"));
  expect(clicks()).toBe(2);
  const id = page.url().split('/').at(-1)?.split('?')[0] as ProjectId;
  await page.locator('.card').first().getByRole('button').click();
  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  await page.getByLabel('Edit: Narration').fill('The storm was never far away.');
  await page.getByRole('button', { name: 'Save and run' }).click();
  await page.locator('.card').first().getByText('The storm was never far away.').waitFor();
  await until('it is made again', async () => {
    const { status, version } = await live.app.client.status(id);
    return version > 1 && status === 'completed';
  });
  expect(clicks()).toBe(5);
});

/** Counts over all loads of the page. */
async function countClicks(page: Page): Promise<() => number> {
  let count = 0;
  await page.exposeFunction('clicked', () => (count += 1));
  await page.addInitScript("addEventListener('click', ({ isTrusted }) => isTrusted && window.clicked(), true)");
  return () => count;
}

test('who is signed out in the middle of an edit signs in on the same page, and has the edit', async () => {
  const key = await ownKey(live.app);
  const page = await live.open(key);
  const id = await makeFilm(page, ownTopic().topic, { scenes: 1, gate: true });
  await page.goto(`/p/${id}?scene=1`);
  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  const edit = page.getByLabel('Edit: Narration');
  await edit.fill('The storm was never far away.');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByLabel('API key').fill(key.secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('API key').waitFor({ state: 'detached' });
  expect(await edit.inputValue()).toBe('The storm was never far away.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await edit.waitFor({ state: 'detached' });
  expect((await live.app.client.editable(id)).scenes[0]?.narration).toBe('The storm was never far away.');
});

test('a hidden tab lets its stream go, and continues at its cursor with the exact text', async () => {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 40);
  await studio.misbehave(mark, 'chat', { text, hold: 120 });
  const page = await live.open();
  await page.clock.install();
  await page.addInitScript(
    `Object.defineProperty(document, 'visibilityState', { get: () => window.shown ?? 'visible' })`,
  );
  const streams: string[] = [];
  page.on('request', (request) => request.url().includes('/events') && streams.push(new URL(request.url()).search));
  const turn = (shown: 'hidden' | 'visible') =>
    page.evaluate(`window.shown = '${shown}'; document.dispatchEvent(new Event('visibilitychange'))`);
  const id = await makeFilm(page, topic, { scenes: 1, gate: true });
  await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 200);
  await turn('hidden');
  await page.clock.fastForward(31_000);
  await page.locator('.connection-let_go').waitFor();
  const before = streams.length;
  await studio.release(mark);
  await watchUntil(live.app.client, id, isAtGate);
  expect((await scriptOn(page).textContent()) ?? '').not.toBe(text);
  expect(streams).toHaveLength(before);
  await turn('visible');
  await page.locator('.connection-live').waitFor();
  await page.locator('.script .proof-verified').waitFor();
  expect(await scriptOn(page).textContent()).toBe(text);
  expect(streams[before]).toMatch(/^\?cursor=\d+-\d+$/);
});

test('nothing that sticks covers what has the focus', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open(undefined, { viewport: { width: 1280, height: 720 } });
  await makeFilm(page, topic, { scenes: 3, gate: true });
  await page.locator('.gate-bar').waitFor();
  await page.locator('.card').nth(2).waitFor();
  // The second size is the first one at 400 %.
  for (const viewport of [
    { width: 1280, height: 720 },
    { width: 320, height: 180 },
  ]) {
    await page.setViewportSize(viewport);
    await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)');
    const covered: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string | null>(COVERED);
      if (name !== null) covered.push(name);
    }
    expect({ viewport, covered }).toEqual({ viewport, covered: [] });
  }
});

/** The name of the element that has the focus, if no corner of it can be seen. */
const COVERED = `(() => {
  const focused = document.activeElement;
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const points = [left + 2, (left + right) / 2, right - 2].flatMap((x) =>
    [top + 2, (top + bottom) / 2, bottom - 2].map((y) => [x, y]));
  const isSeen = points.some(([x, y]) => {
    const found = document.elementFromPoint(x, y);
    return found && (focused.contains(found) || found.contains(focused) && found.tagName !== 'MAIN' && found.tagName !== 'BODY');
  });
  return focused === document.body || isSeen ? null : focused.outerHTML.slice(0, 100);
})()`;
