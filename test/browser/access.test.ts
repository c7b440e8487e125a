import { LivePage, makeFilm, scriptOn, statusOn } from '../support/live-page';
import { longText } from '../support/long-rewrite';
import { ownTopic } from '../support/stories';
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

test('with reduced motion nothing moves, and with forced colours and at 400 % every status can be told and nothing is cut off', async () => {
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
  for (const path of ['/', '/new', '/review', '/b', '/providers', '/settings']) {
    await page.goto(path);
    await page.locator('h1').waitFor();
    expect([path, await overflow()]).toEqual([path, 0]);
  }
});
