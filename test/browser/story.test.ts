import type { Browser, Page } from 'playwright-core';
import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { look, NO_FAULTS } from '../support/axe';
import { faultsOf, openBrowser, openPage } from '../support/browser';
import { startGateway } from '../support/gateway';
import { playFilm } from '../support/live-page';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let browser: Browser;

beforeAll(async () => {
  database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url, STORYREEL_TEXT_CONTINUATION: 'prefill' });
  app = await startApp(env);
  gateway = await startGateway(env);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await app?.close();
  await database?.drop();
});

const shownText = (page: Page) => page.getByRole('region', { name: 'Script', exact: true }).last();
const status = (page: Page) => page.locator('.screen-head .status');

/** From the form to the live film, as a person does it. */
async function makeFilm(page: Page, topic: string, gate: 'Storyboard' | undefined): Promise<ProjectId> {
  await page.goto('/new');
  await page.getByLabel('Topic').fill(topic);
  await page.getByLabel('Scenes', { exact: true }).fill('3');
  if (gate === undefined) await page.getByLabel('Stop after Storyboard').uncheck();
  await page.getByLabel('Language of the story', { exact: true }).selectOption({ label: 'German' });
  await page.getByLabel('Frame', { exact: true }).selectOption({ label: 'tall, 9 to 16' });
  await page.getByRole('button', { name: /^Make film/ }).click();
  await page.getByText('Language: German', { exact: true }).waitFor();
  await page.getByText('Frame: 9:16', { exact: true }).waitFor();
  await page.waitForURL(/\/p\//);
  return page.url().split('/').at(-1) as ProjectId;
}

test('a story that is made from the form is written before the reader, survives a reload in mid-word, and is proved', async () => {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 40);
  await studio.misbehave(mark, 'chat', { text, hold: 120 });
  const page = await openPage(browser, gateway.url);
  const faults = faultsOf(page);
  const id = await makeFilm(page, topic, undefined);
  const before = await until('tokens on the page', async () => {
    const shown = await shownText(page).textContent();
    return (shown ?? '').length > 200 && shown;
  });
  expect(text.startsWith(String(before))).toBe(true);
  await page.reload();
  await until('the text is there again', async () => (await shownText(page).textContent())?.startsWith(String(before)));
  expect(await page.locator('.script .proof-verified').count()).toBe(0);
  await studio.release(mark);
  await status(page).getByText('done').waitFor();
  await page.locator('.script .proof-verified').waitFor();
  expect(await shownText(page).textContent()).toBe((await app.client.editable(id)).rewrite);
  await playFilm(page);
  // The pictures came with the events: the page was not loaded again since.
  await page.locator('.card [poster*="/media/"], .card img[src*="/media/"]').first().waitFor();
  expect(faults).toEqual([]);
});

test('a film is shown, and each change of it, also if a proxy takes the entity tags away', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await openPage(browser, gateway.url);
  let taken = 0;
  await page.route(/\/v1\/projects\/[^/?]+$/, async (route) => {
    const answer = await route.fetch();
    const { etag, 'content-encoding': _, ...headers } = answer.headers();
    if (etag !== undefined) taken += 1;
    await route.fulfill({ response: answer, headers });
  });
  const id = await makeFilm(page, topic, 'Storyboard');
  await page.locator('.gate-bar').waitFor();
  const before = taken;
  const { version } = await app.client.edit(id, { scenes: [{ scene_number: 1, narration: 'In other words.' }] });
  await page.getByText(`version ${version}`, { exact: true }).waitFor();
  await page.locator('.card [lang="de"]').first().getByText('In other words.').waitFor();
  await page.locator('.script .lane-text[lang="de"]').waitFor();
  await app.client.approve(id, 'storyboard');
  await page.locator('.gate-bar').waitFor({ state: 'detached' });
  expect(taken).toBeGreaterThan(before);
});

test('a story is paused in mid-sentence, its half is changed, and it continues from there', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 40), hold: 120 });
  const page = await openPage(browser, gateway.url);
  const id = await makeFilm(page, topic, undefined);
  await until('tokens', async () => ((await shownText(page).textContent()) ?? '').length > 200);
  await page.getByRole('button', { name: 'Pause now' }).click();
  await status(page).getByText('paused').waitFor();
  await page.getByRole('button', { name: 'Edit what is there' }).click();
  const half = `${mark} was a storm. The keeper opened the`;
  await page.getByLabel('Edit what is there').fill(half);
  // An edit that is not saved survives a reload.
  await page.reload();
  expect(await page.getByLabel('Edit what is there').inputValue()).toBe(half);
  await page.getByText('1 unsaved').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await until('the edit is shown', async () => (await shownText(page).textContent())?.trim() === half);
  await page.getByRole('button', { name: 'Resume' }).click();
  await status(page).getByText('done').waitFor();
  await page.locator('.script .proof-verified').waitFor();
  // What was replaced is compared with what is there now, and stored again, which can be undone.
  await page.getByRole('tab', { name: 'History' }).click();
  await page.locator('.history summary').getByText('Story').click();
  await page.locator('.diff ins').first().waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await look(page)).toEqual(NO_FAULTS);
  }
  await page.getByRole('button', { name: 'Store the earlier text again' }).click();
  await page.getByText('Store the earlier text again: accepted').first().waitFor();
  await page.locator('.answer').getByRole('button', { name: 'Undo' }).click();
  await page.locator('.history li').nth(2).waitFor();
  const whole = (await app.client.editable(id)).rewrite ?? '';
  expect(whole.startsWith(half)).toBe(true);
  await until('it is shown', async () => (await shownText(page).textContent()) === whole);
  await page.locator('.script .proof-verified').waitFor();
});

test('a gate is rejected with a reason that the model is given, and then approved, with the keyboard alone', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await openPage(browser, gateway.url);
  await makeFilm(page, topic, 'Storyboard');
  await page.getByText('Storyboard waits for your approval.').first().waitFor();
  await page.keyboard.press('x');
  const reason = `A dog for ${mark}, please.`;
  await page.keyboard.type(reason);
  await page.keyboard.press('Control+Enter');
  await until('the model is given the reason', async () => (await studio.requests(reason)).length > 0);
  await page.getByRole('heading', { level: 1 }).focus();
  // The bar of the rejected storyboard may still be there at the first press.
  await until('the film is made', async () => {
    if (await page.getByText('Storyboard waits for your approval.').first().isVisible()) await page.keyboard.press('a');
    return status(page).getByText('done').isVisible();
  });
});
