import { randomUUID } from 'node:crypto';
import { ownKey } from '../support/gateway';
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

test('an edit of scene 3 shows its price before it is saved, and only that is made again', async () => {
  const { app } = live;
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open();
  const id = await makeFilm(page, topic);
  await statusOn(page).getByText('done').waitFor();
  const lanes = ['image_generation', 'camera_movement', 'video_generation'];
  const callsOf = (scene: number) =>
    Promise.all(lanes.map(async (stage) => (await app.calls(id, `${stage}/${scene}`)).length));
  const before = await Promise.all([1, 2, 3].map(callsOf));
  const version = (await app.client.status(id)).version;

  await page.getByRole('button', { name: 'Scene 3' }).click();
  await page.getByRole('button', { name: 'Edit: Picture' }).click();
  const picture = 'A red lighthouse in the snow';
  await page.getByLabel('Edit: Picture').fill(picture);
  const { estimate } = await app.client.explain(id, {
    changes: { scenes: [{ scene_number: 3, visual_prompt: picture }] },
  });
  const most = estimate.cost?.most.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  await page.locator('.consequence summary').getByText(`${most}`).waitFor();
  await page.locator('.consequence summary').click();
  await page.locator('.consequence').getByText('Images · scene 3').waitFor();
  expect(
    await page
      .locator('.consequence')
      .getByText(/scene [12]/)
      .count(),
  ).toBe(0);
  // Nothing is stored yet.
  expect((await app.client.status(id)).version).toBe(version);

  await page.getByRole('button', { name: 'Save and run' }).click();
  await until('the scene is made again', async () => (await callsOf(3))[0] === (before[2]?.[0] ?? 0) + 1);
  await statusOn(page).getByText('done').waitFor();
  await until('the new picture is stored', async () => (await app.client.status(id)).status === 'completed');
  const after = await Promise.all([1, 2, 3].map(callsOf));
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  expect((await app.client.editable(id)).scenes[2]?.visual_prompt).toBe(picture);
});

test('parked lanes are retried together, and the one that fails again is skipped', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  await studio.misbehave(mark, 'image', { status: 429, code: 'insufficient_quota' }, 3);
  const page = await live.open();
  const id = await makeFilm(page, topic, { scenes: 2 });
  const tray = page.locator('.tray');
  await tray.getByText('Provider.QuotaExhausted').waitFor();
  await tray.getByRole('button', { name: 'Retry all (2)' }).click();
  const [again] = await until('one of them fails again', async () => {
    const asked = (await studio.requests(mark)).filter(({ kind }) => kind === 'image');
    const parked = (await app().status(id)).lanes.filter(({ status }) => status === 'needs_attention');
    return asked.length === 4 && parked.length === 1 && parked;
  });
  await tray.getByText(`Images · scene ${again?.lane.at(-1)}`, { exact: true }).waitFor();
  // The other scene is played before there is a film; the page states that the next one is not there.
  await page.getByRole('button', { name: 'Play what is there' }).click();
  const theatre = page.getByRole('dialog', { name: 'Play what is there' });
  await theatre.locator('video').waitFor();
  await theatre.locator('.caption').waitFor();
  await page.evaluate("document.querySelector('dialog video').dispatchEvent(new Event('ended'))");
  await theatre.getByText('The other scenes are not there yet.').waitFor();
  await theatre.getByRole('button', { name: /^Scene / }).click();
  await theatre.locator('video').waitFor();
  await page.keyboard.press('Escape');
  await theatre.waitFor({ state: 'detached' });
  await tray.getByRole('button', { name: 'Skip' }).click();
  await statusOn(page).getByText('done').waitFor();
  await page
    .locator('.film')
    .getByText(/missing: [12]/)
    .waitFor();
});

test('one text is stopped while it is written, waits with what is written, and continues when that is undone', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 40), hold: 120 });
  const page = await live.open();
  const id = await makeFilm(page, topic, { scenes: 1 });
  await until('tokens', async () => ((await scriptOn(page).textContent()) ?? '').length > 200);
  await page.getByRole('tab', { name: 'Lanes' }).click();
  await page.getByRole('button', { name: 'Stop: Story' }).click();
  await page.locator('.tray').getByText('Lane.Cancelled').waitFor();
  await page.locator('.answer').getByText('Undo tries it again').waitFor();
  await page.keyboard.press('z');
  await statusOn(page).getByText('done').waitFor();
  expect((await app().editable(id)).rewrite).toBe(await scriptOn(page).textContent());
});

test('a budget that is used up is raised where the film waits, and the film continues', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open();
  await page.goto('/new');
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel(/^Budget/).fill('0.05');
  await makeFilmFrom(page, topic);
  const tray = page.locator('.tray');
  await tray.getByText('Budget.Exhausted').waitFor();
  await tray.getByLabel('Budget').fill('50');
  await tray.getByRole('button', { name: 'Set budget' }).click();
  await page.locator('.cost').getByText('of 50.00').waitFor();
  await until('the film is made', async () => {
    const retry = tray.getByRole('button', { name: /^Retry/ });
    if (await retry.isVisible()) await retry.click({ timeout: 1_000 }).catch(() => undefined);
    return statusOn(page).getByText('done').isVisible();
  });
});

test('two people edit one film: different fields are both kept, and for the same field one of them chooses', async () => {
  const key = await ownKey(live.app);
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const ann = await live.open(key);
  const id = await makeFilm(ann, topic, { scenes: 1, gate: true });
  await ann.locator('.gate-bar').waitFor();
  const bob = await live.open(key);
  await bob.goto(`/p/${id}?scene=1`);
  await ann.goto(`/p/${id}?scene=1`);
  const begin = async (page: typeof ann, field: string, text: string) => {
    await page.getByRole('button', { name: `Edit: ${field}` }).click();
    await page.getByLabel(`Edit: ${field}`).fill(text);
  };
  await begin(ann, 'Narration', 'Ann tells it so.');
  await begin(bob, 'Narration', 'Bob tells it so.');
  await begin(bob, 'Picture', 'Bob sees a red boat.');
  const save = { name: 'Save', exact: true } as const;
  await ann.getByRole('button', save).click();
  await until('it is stored', async () => (await app().editable(id)).scenes[0]?.narration === 'Ann tells it so.');

  // Ann has not touched the picture: nothing is to be chosen.
  await bob.getByRole('button', save).last().click();
  await until(
    'it is stored',
    async () => (await app().editable(id)).scenes[0]?.visual_prompt === 'Bob sees a red boat.',
  );
  expect(await bob.getByRole('alert').count()).toBe(0);
  await bob.locator('.edit').nth(1).waitFor({ state: 'detached' });
  await bob.getByRole('button', save).click();
  const conflict = bob.locator('.conflict');
  await conflict.getByText('Ann tells it so.').waitFor();
  await conflict.getByText('Bob tells it so.').waitFor();
  expect((await app().editable(id)).scenes[0]?.narration).toBe('Ann tells it so.');
  await conflict.getByRole('button', { name: 'Keep yours' }).click();
  await until('it is stored', async () => (await app().editable(id)).scenes[0]?.narration === 'Bob tells it so.');
  await ann.locator('.scene-detail').getByText('Bob tells it so.').waitFor();
});

test('whoever has the shared link watches and changes nothing, and is out as soon as it is revoked', async () => {
  const { topic, mark } = ownTopic();
  await studio.writeAbout(mark);
  const page = await live.open();
  const id = await makeFilm(page, topic, { scenes: 1, gate: true });
  await page.locator('.gate-bar').waitFor();
  await page.getByLabel('More actions').last().click();
  await page.getByRole('button', { name: 'Share links' }).click();
  await page.getByRole('button', { name: 'Create' }).click();
  const link = (await page.getByRole('dialog').locator('code').textContent()) ?? '';

  const guest = await (await live.browser.newContext({ baseURL: live.gateway.url, locale: 'en-GB' })).newPage();
  await guest.goto(link);
  await guest.locator('.script .proof-verified').waitFor();
  await guest.getByText('You watch.').waitFor();
  // The token has left the address.
  expect(guest.url()).toBe(`${live.gateway.url}/w/${id}`);
  expect(await guest.getByRole('button', { name: /Pause|Approve|Edit|Cancel/ }).count()).toBe(0);
  const status = (path: string, method: string, body: object) =>
    guest.evaluate(
      ([at, how, what]) =>
        fetch(at, { method: how, body: what, headers: { 'content-type': 'application/json', 'if-match': '*' } }).then(
          (answer) => answer.status,
        ),
      [path, method, JSON.stringify(body)] as const,
    );
  expect(await status(`/v1/projects/${id}`, 'PATCH', { topic: 'mine' })).toBe(403);
  expect(await status(`/v1/projects/${id}/approve`, 'POST', { gate: 'storyboard' })).toBe(403);
  await guest.locator('.connection-live').waitFor();

  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog', { name: 'Revoke' }).getByRole('button', { name: 'Revoke' }).click();
  await guest.locator('.connection-signed_out').waitFor();
  expect(await status(`/v1/projects/${id}`, 'PATCH', {})).toBe(401);
});

test('a batch of twenty waits in the review queue, is approved there with the keyboard, and is cancelled', async () => {
  const page = await live.open();
  const topics = Array.from({ length: 20 }, () => ownTopic().topic);
  await page.goto('/b');
  const name = `batch-${randomUUID().slice(0, 8)}`;
  await page.getByLabel('Topics').fill(topics.join('\n'));
  await page.getByText('20 films').waitFor();
  await page.getByLabel('Stop after Story for').check();
  await page.getByLabel('Name of the batch').fill(name);
  await page.getByLabel('At most at the same time').fill('20');
  await page.getByRole('button', { name: 'Start batch' }).click();
  await page.waitForURL(/\/b\/batch-/);
  await page.locator('.counts').getByText('20').waitFor();
  await page.locator('.counts').getByText('waits for approval').waitFor();
  // The film that the review shows keeps its place while others come.
  await until('all twenty wait', async () => {
    const answer = await page.request.get('/v1/projects?status=awaiting_approval&limit=100');
    return ((await answer.json()) as { projects: unknown[] }).projects.length === 20;
  });

  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await page.getByText('1 of 20').waitFor();
  for (const left of [19, 18]) {
    await page.locator('.gate-bar').waitFor();
    await page.keyboard.press('a');
    await page.getByText(`1 of ${left}`).waitFor();
  }
  await page.goto(`/b/${name}`);
  await page.getByRole('button', { name: 'Cancel batch' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel batch' }).click();
  await page.locator('.counts').getByText('cancelled').waitFor();
});

test('what waits for a person in a batch is tried again at once', async () => {
  const client = app();
  const { secret } = await client.keys.create({ name: 'operator' });
  const topics = [ownTopic(), ownTopic()];
  // The prompt of a picture need not contain the mark.
  for (const { mark } of topics) await studio.misbehave(mark, 'chat', { status: 429, code: 'insufficient_quota' });
  const batchId = `parked-${randomUUID().slice(0, 8)}`;
  await client.batch(
    topics.map(({ topic }) => ({ topic, settings: { scenes: 1 } })),
    { batchId },
  );
  const page = await live.open({ secret });
  await page.goto(`/b/${batchId}`);
  await page.getByText('0 of 2 ended').waitFor();
  await page.getByRole('button', { name: 'Retry all that needs you (2)' }).click();
  await page.getByText('2 of 2 ended').waitFor();
  const { projects } = await client.batchStatus(batchId);
  const costs = await Promise.all(projects.map(async ({ projectId }) => (await client.status(projectId)).usage.cost));
  const sum = costs.reduce<number>((all, cost = 0) => all + cost, 0);
  await page.locator('.batch-progress').getByText(sum.toFixed(2)).waitFor();
});

const app = () => live.app.client;

/** The form is open already, with something chosen. */
async function makeFilmFrom(page: Awaited<ReturnType<LivePage['open']>>, topic: string): Promise<void> {
  await page.getByLabel('Topic').fill(topic);
  await page.getByLabel('Scenes', { exact: true }).fill('2');
  await page.getByLabel('Stop after Storyboard').uncheck();
  await page.getByRole('button', { name: /^Make film/ }).click();
  await page.waitForURL(/\/p\//);
}
