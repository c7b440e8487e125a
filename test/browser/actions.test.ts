import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { projectRoot } from '../architecture/project-files';
import { ownKey } from '../support/gateway';
import { LivePage, makeFilm, playFilm, statusOn } from '../support/live-page';
import { testEnv } from '../support/services';
import { ownTopic } from '../support/stories';
import { until } from '../support/until';

const run = promisify(execFile);
let live: LivePage;

beforeAll(async () => {
  live = await LivePage.start();
});
afterAll(async () => {
  await live?.close();
});

const app = () => live.app.client;

/** Runs a copied line in a shell, as a reader does who has a key and the command. */
function inShell(line: string, key: string): Promise<{ stdout: string }> {
  const main = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
  const { DATABASE_URL, TEMPORAL_TASK_QUEUE } = live.app.config;
  const env = {
    ...testEnv({ DATABASE_URL, TEMPORAL_TASK_QUEUE }),
    PATH: process.env['PATH'] ?? '',
    STORYREEL_KEY: key,
  };
  const curl = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }';
  return run('sh', ['-c', `set -e; storyreel() { node '${main}' "$@"; }; ${curl}; ${line}`], { env });
}

const copied = async (page: Page, area: string, form: string) =>
  (await page.locator(area).getByRole('button', { name: form, exact: true }).first().getAttribute('title')) ?? '';

test('a copied line does what the button does, whatever is in the topic, for curl and for the command line', async () => {
  const key = await ownKey(live.app);
  const page = await live.open(key);
  await page.goto('/new');
  const odd = `it's "$(exit 3)" \`exit 4\` ${ownTopic().topic}`;
  await page.getByLabel('Topic').fill(odd);
  await page.getByLabel('Scenes', { exact: true }).fill('2');
  await page.locator('form.form .copy-as').first().waitFor();
  const { stdout } = await inShell(await copied(page, 'form.form', 'curl'), key.secret);
  const made = JSON.parse(stdout) as { projectId: Parameters<ReturnType<typeof app>['status']>[0] };
  expect((await app().status(made.projectId)).topic).toBe(odd);
  const command = (await copied(page, 'form.form', 'CLI')).replace('generate', 'generate --detach');
  const ofCommand = /[0-9a-f-]{36}/.exec((await inShell(command, key.secret)).stdout)?.[0] as typeof made.projectId;
  expect((await app().status(ofCommand)).topic).toBe(odd);

  await page.goto(`/p/${made.projectId}?scene=1`);
  await page.locator('.gate-bar').waitFor();
  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  for (const [form, words] of [
    ['curl', "Ann's first way"],
    ['CLI', "Ann's $(exit 5) way"],
  ] as const) {
    const { version } = await app().editable(made.projectId);
    await page.getByLabel('Edit: Narration').fill(words);
    const line = (await copied(page, '.edit', form))
      .replace(/"v\d+"/, `"v${version}"`)
      .replace(/(--version) \d+/, `$1 ${version}`);
    await inShell(line, key.secret);
    expect((await app().editable(made.projectId)).scenes[0]?.narration).toBe(words);
  }
  await inShell(await copied(page, '.gate-bar', 'CLI'), key.secret);
  await statusOn(page).getByText('done').waitFor();
});

test('copied lines make and revoke keys, links and sessions', async () => {
  const { secret } = await app().keys.create({ name: 'operator' });
  const page = await live.open({ secret });
  const { owner, secret: others } = await ownKey(live.app);
  const other = await live.open({ secret: others });
  await page.goto('/settings');
  const name = "it's -- $(exit 3)";
  await page.getByLabel('Name').fill(name);
  await inShell(await copied(page, 'form.inline', 'CLI'), secret);
  const [made] = (await app().keys.list()).filter((key) => key.name === name);
  await page.reload();
  const rowOf = (text: string) => `.film-row:has-text(${JSON.stringify(text)})`;
  await inShell(await copied(page, rowOf(made?.id ?? ''), 'curl'), secret);
  const after = (await app().keys.list()).find(({ id }) => id === made?.id);
  expect(after?.revokedAt).toBeDefined();
  const theirs = `${rowOf(owner)}:has-text("End session")`;
  await inShell(await copied(page, theirs, 'CLI'), secret);
  expect((await other.request.get('/v1/projects')).status()).toBe(401);

  const project = await app().create({ topic: 'a link' });
  await page.goto(`/p/${project}`);
  await page.getByLabel('More actions').last().click();
  await page.getByRole('button', { name: 'Share links' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'curl' }).waitFor();
  await inShell(await copied(page, 'dialog', 'curl'), secret);
  expect(await app().tokens.list(project)).toHaveLength(1);
  const code = await copied(page, 'dialog', 'TypeScript');
  const { stdout } = await run('node', ['--input-type=module', '--eval', `${code}\nconsole.log(token)`], {
    env: { ...process.env, STORYREEL_KEY: secret },
  });
  const [, second] = await app().tokens.list(project);
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  expect((await fetch(`${live.gateway.url}/v1/projects/${project}`, { headers })).status).toBe(200);
  // Its row appears when the list is asked for again.
  const row = `dialog .film-row:has([title*="${second?.id}"])`;
  await page.locator(row).waitFor();
  await inShell(await copied(page, row, 'CLI'), secret);
  expect((await fetch(`${live.gateway.url}/v1/projects/${project}`, { headers })).status).toBe(401);
});

test('the palette finds every action by the keyboard; a move and an edit are undone, a removal shows its price first', async () => {
  const page = await live.open();
  const id = await makeFilm(page, ownTopic().topic, { scenes: 3, gate: true });
  await page.locator('.gate-bar').waitFor();
  const texts = async () => (await app().editable(id)).scenes.map(({ narration }) => narration);
  const [one, two, three] = await texts();
  await page.getByRole('button', { name: 'Scene 2' }).click();
  await page.locator('.scene-order').waitFor();
  const choose = async (words: string) => {
    // It offers what can be done at the moment in which it opens.
    await until(`the palette offers "${words}"`, async () => {
      await page.keyboard.press('Control+k');
      await page.locator('.palette input').fill(words);
      const isOffered = (await page.locator('.palette [aria-selected="true"]', { hasText: words }).count()) > 0;
      if (!isOffered) await page.keyboard.press('Escape');
      return isOffered;
    });
    await page.keyboard.press('Enter');
  };
  await choose('move earlier');
  await until('it is moved', async () => (await texts())[0] === two);
  expect(await texts()).toEqual([two, one, three]);
  await page.waitForURL(/scene=1/);
  await page.locator('.answer .consequence').waitFor();
  await page.keyboard.press('z');
  await until('it is where it was', async () => (await texts())[0] === one);
  expect(await texts()).toEqual([one, two, three]);
  await page.waitForURL(/scene=2/);

  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  await page.getByLabel('Edit: Narration').fill('In other words.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await until('it is edited', async () => (await texts())[1] === 'In other words.');
  // The answer stays as long as somebody points at it.
  await page.locator('.answer').getByRole('button', { name: 'Undo' }).hover();
  // Somebody else changes the film: what would undo that as well is refused, and said.
  await app().edit(id, { scenes: [{ scene_number: 3, visual_prompt: 'as somebody else sees it' }] });
  await page.locator('.answer').getByRole('button', { name: 'Undo' }).click();
  await page.locator('.answer.refusal').waitFor();
  expect((await texts())[1]).toBe('In other words.');
  await page.getByRole('button', { name: 'Edit: Narration' }).click();
  await page.getByLabel('Edit: Narration').fill('In still other words.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('.answer').getByRole('button', { name: 'Undo' }).click();
  await until('it is as before', async () => (await texts())[1] === 'In other words.');

  await page.locator('.scene-detail').getByText('In other words.').waitFor();

  await choose('move earlier');
  await until('it is moved', async () => (await texts())[0] === 'In other words.');
  await page.waitForURL(/scene=1/);
  await choose('remove scene');
  await page.locator('dialog .consequence').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove scene' }).click();
  await until('it is removed', async () => (await texts()).length === 2);
  expect(await texts()).toEqual([one, three]);
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await choose('approve');
  await statusOn(page).getByText('done').waitFor();
  await playFilm(page);
  await page.getByRole('button', { name: 'Theatre' }).click();
  const theatre = page.getByRole('dialog', { name: 'Theatre' });
  await theatre.locator('video').waitFor();
  await theatre.getByLabel('Captions').uncheck();
  expect(await page.evaluate<string>("document.querySelector('.theatre video').textTracks[0].mode")).toBe('hidden');
  await page.keyboard.press('Escape');
  await theatre.waitFor({ state: 'detached' });
  expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Theatre');
});

test('edits right after one another are all accepted, however late the page gets to know of each', async () => {
  const page = await live.open();
  const id = await makeFilm(page, ownTopic().topic, { scenes: 3, gate: true });
  await page.locator('.gate-bar').waitFor();
  await page.getByRole('button', { name: 'Scene 2' }).click();
  await page.locator('.scene-order').waitFor();
  const [one, two, three] = (await app().editable(id)).scenes.map(({ narration }) => narration);
  let late = 0;
  await page.route(`**/v1/projects/${id}{,/editable}`, async (route) => {
    // Those that are sent first come last.
    const ms = route.request().method() === 'GET' ? Math.max(0, 1_000 - 300 * late++) : 0;
    await new Promise((resolve) => setTimeout(resolve, ms));
    await route.continue();
  });
  const answer = page.locator('.answer');
  const move = async (name: string) => {
    late = 0;
    await page.getByRole('button', { name }).click();
    await answer.getByText(`${name}: accepted`).waitFor();
  };
  for (const name of ['Move earlier', 'Move later']) {
    await move(name);
    await answer.getByRole('button', { name: 'Close' }).click();
  }
  await move('Move later');
  await answer.getByRole('button', { name: 'Undo' }).click();
  await answer.getByText('Undo: accepted').waitFor();
  const stored = (await app().editable(id)).scenes.map(({ narration }) => narration);
  expect(stored).toEqual([one, two, three]);
  await page.locator('.scene-detail h3').getByText('Scene 2').waitFor();
});

test('films that are chosen in the list are sent one action together, which is confirmed once and refused by name', async () => {
  const key = await ownKey(live.app);
  const page = await live.open(key);
  const ids = [];
  for (let i = 0; i < 3; i += 1) {
    ids.push(await makeFilm(page, ownTopic().topic, { scenes: 1, gate: true }));
    await page.locator('.gate-bar').waitFor();
  }
  const draft = await app().create({ topic: 'a draft', owner: key.owner });
  await page.goto('/');
  const linkOf = (id: string) => page.locator(`.film-row a[href="/p/${id}"]`);
  for (const id of [...ids, draft]) {
    await linkOf(id).focus();
    await page.keyboard.press('x');
  }
  const bar = page.getByRole('region', { name: '4 films' });
  // Only what some of them accept is offered, with how many do.
  expect(await bar.getByRole('button').allTextContents()).toEqual(
    ['Close', 'Approve (3)', 'Pause (3)', 'Cancel run (3)', 'Delete film (1)'].map(
      (name) => expect.stringContaining(name) as string,
    ),
  );
  await bar.getByRole('button', { name: 'Approve (3)' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('listitem').nth(2).waitFor();
  const [first, second, third] = ids;
  if (!first || !second || !third) throw new Error('not made');
  await inShell(
    (await copied(page, 'dialog', 'curl')).split('\n').find((line) => line.includes(first)) ?? '',
    key.secret,
  );
  const name = (await linkOf(first).textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Approve (3)' }).click();
  await page.locator('.answer').getByText('Approve (2)').waitFor();
  const refusals = page.getByRole('region', { name: /films?$/ }).getByRole('alert');
  await refusals.getByText(name).waitFor();
  expect(await refusals.getByRole('listitem').count()).toBe(1);
  for (const id of [second, third])
    await until('it is approved', async () => (await app().status(id)).status !== 'awaiting_approval');
  await bar.getByRole('button', { name: 'Close' }).click();
  await refusals.waitFor({ state: 'detached' });
});

test('chosen films are deleted after a confirmation that lists them', async () => {
  const key = await ownKey(live.app);
  const page = await live.open(key);
  for (const topic of ['one draft', 'another draft', 'a draft that stays'])
    await app().create({ topic, owner: key.owner });
  await page.goto('/');
  await page.getByLabel('Choose all').check();
  await page.getByRole('button', { name: 'Delete film (3)' }).waitFor();
  await page.getByLabel('Choose: a draft that stays').uncheck();
  await page.getByRole('button', { name: 'Delete film (2)' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('listitem').nth(1).waitFor();
  expect((await dialog.getByRole('listitem').allTextContents()).sort()).toEqual(['another draft', 'one draft']);
  await dialog.getByRole('button', { name: 'Delete film (2)' }).click();
  await until('they are gone', async () => (await page.locator('.film-row > a').allTextContents()).length === 1);
  expect(await page.locator('.film-row > a').allTextContents()).toEqual(['a draft that stays']);
});
