import type { Page } from 'playwright-core';
import { LivePage, makeFilm, playFilm, scriptOn, statusOn } from '../support/live-page';
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

/** In pixels: the marks of the statuses are from several fonts. */
const STILL = 2;
const READ = '.film video, .stages li, .script, .script .lane-text, .card, .card > *';

/** Where each thing that is read begins. */
const placesOn = (page: Page) =>
  page.evaluate<[name: string, y: number][]>(
    `[...document.querySelectorAll('${READ}')].map((each) => [each.tagName + each.className, each.getBoundingClientRect().y])`,
  );

/** The browser's own measure of what has moved up or down without anybody's doing. */
const RECORD = `
  window.moved = [];
  const nameOf = (node) => {
    const { id, className, tagName } = node?.nodeType === 3 ? node.parentElement : (node ?? { tagName: 'gone' });
    return [tagName, id, String(className)].join(' ');
  };
  window.watching = new PerformanceObserver((list) => window.measure(list.getEntries()));
  window.measure = (entries) => {
    for (const { hadRecentInput, sources } of entries) {
      if (hadRecentInput) continue;
      for (const { node, previousRect: from, currentRect: to } of sources) {
        if (Math.abs(from.y - to.y) > ${STILL}) window.moved.push(nameOf(node) + ': ' + Math.round(from.y) + ' to ' + Math.round(to.y));
      }
    }
  };
  window.watching.observe({ type: 'layout-shift' });`;

/** What has moved since it was last asked. */
async function movedOn(page: Page): Promise<string[]> {
  // What is drawn by now is measured with the next frame but one.
  await page.evaluate('new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))');
  return page.evaluate<string[]>('(window.measure(window.watching.takeRecords()), window.moved.splice(0))');
}

// So high that everything is in view.
describe.each([390, 1280])('On a page %d wide', (width) => {
  test('what is being read stays where it is while a film is made, and when it is done', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: longText(mark, 12), hold: 20 });
    const page = await live.open(undefined, { viewport: { width, height: 3_500 } });
    await makeFilm(page, topic, { scenes: 2, gate: true });
    await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 20);
    await page.evaluate(RECORD);
    await studio.release(mark);
    await page
      .locator('.gate-bar')
      .getByText(/What is left/)
      .waitFor();
    await page.locator('.card').nth(1).waitFor();
    // What is below a text that grows, and below the scenes that come, is pushed on.
    const pushed = /^(SECTION storyboard|ASIDE inspector|LI scene-|gone)/;
    expect((await movedOn(page)).filter((each) => !pushed.test(each))).toEqual([]);
    await page.keyboard.press('a');
    await statusOn(page).getByText('done').waitFor();
    const play = page.getByRole('button', { name: /Play film/ });
    await play.waitFor();
    await page.locator('.connection-ended').waitFor();
    await page.locator('.card video').nth(1).waitFor();
    await until('each scene has its cost', async () => (await page.locator('.scene-cost:not(:empty)').count()) === 2);
    expect(await movedOn(page)).toEqual([]);
    // The same for what was there when a scene is changed and made again.
    await playFilm(page);
    await page.getByRole('button', { name: 'Scene 1' }).click();
    await page.getByRole('button', { name: 'Edit: Narration' }).click();
    const storm = `The storm near ${mark} was never far away.`;
    await page.getByLabel('Edit: Narration').fill(storm);
    // A run may be over before somebody has seen that the page follows it.
    await studio.misbehave(mark, 'chat', { hold: 1 });
    let before = await placesOn(page);
    const moved = async () => {
      const now = await placesOn(page);
      return before.filter(([, y], i) => Math.abs(y - (now[i]?.[1] ?? 0)) > STILL);
    };
    await page.getByRole('button', { name: 'Save and run' }).click();
    await page.locator('.card').getByText(storm).waitFor();
    await page.locator('.connection-live').waitFor();
    expect(await moved()).toEqual([]);
    await studio.release(mark);
    await page.locator('.connection-ended').waitFor();
    expect(await moved()).toEqual([]);
    // The same while a scene waits for its next attempt.
    await studio.misbehave(mark, 'image', { status: 429, retryAfter: 3_000 });
    await page.getByRole('button', { name: 'Edit: Picture' }).click();
    await page.getByLabel('Edit: Picture').fill(`The storm near ${mark}`);
    before = await placesOn(page);
    await page.getByRole('button', { name: 'Save and run' }).click();
    await page.locator('.card .lane-waits').getByText('Provider.RateLimited').waitFor();
    expect(await moved()).toEqual([]);
  });
});
