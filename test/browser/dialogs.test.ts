import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ProjectId } from '../../src/protocol';
import { filesBelow, projectFile } from '../architecture/project-files';
import { look, NO_FAULTS } from '../support/axe';
import { LivePage } from '../support/live-page';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

/** Everything that opens over a screen: checked by axe, and taken as a picture where that is wanted. */
const pictures = process.env['STORYREEL_PICTURES'];
const studio = new StudioControl();
let live: LivePage;
let key: { readonly secret: string };
const films: Record<'done' | 'soFar', ProjectId | undefined> = { done: undefined, soFar: undefined };

beforeAll(async () => {
  live = await LivePage.start();
  const { client } = live.app;
  const { secret } = await client.keys.create({ name: 'operator' });
  key = { secret };
  const make = async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    return { id: await client.create({ topic, settings: { scenes: 2 } }), mark };
  };
  const [done, soFar] = [await make(), await make()];
  await studio.misbehave(soFar.mark, 'image', { status: 429, code: 'insufficient_quota' });
  await client.start(done.id);
  await client.start(soFar.id);
  await watchToEnd(client, done.id);
  Object.assign(films, { done: done.id, soFar: soFar.id });
});
afterAll(async () => {
  await live?.close();
});

interface Overlay {
  /** The file that shows it. */
  readonly file: string;
  readonly path: () => string;
  readonly open: (page: Page) => Promise<unknown>;
}

const button = (page: Page, name: RegExp) => page.getByRole('button', { name }).first().click();
const more = (page: Page) => page.locator('.steering summary').click();
const ofScene = () => `/p/${films.done}?scene=1`;

const OVERLAYS: Readonly<Record<string, Overlay>> = {
  theatre: {
    file: 'web/live-film/film-player.tsx',
    path: ofScene,
    open: (page) => button(page, /^(Theatre|影院)/),
  },
  'so-far': {
    file: 'web/live-film/film-so-far.tsx',
    path: () => `/p/${films.soFar}`,
    open: async (page) => {
      await button(page, /Play what is there|播放已完成/);
      await page.locator('.so-far video').waitFor();
    },
  },
  'make-again': {
    file: 'web/live-film/make-again.tsx',
    path: ofScene,
    open: async (page) => {
      await page.locator('.make-again button').first().click();
      await page.locator('dialog .consequence').waitFor();
    },
  },
  'scene-removed': {
    file: 'web/live-film/scene-order.tsx',
    path: ofScene,
    open: async (page) => {
      await button(page, /Remove scene|移除场景/);
      await page.locator('dialog .consequence').waitFor();
    },
  },
  share: {
    file: 'web/live-film/share-links.tsx',
    path: ofScene,
    open: async (page) => {
      await more(page);
      await button(page, /Share links|分享链接/);
      await page.locator('dialog .copy-as').first().waitFor();
    },
  },
  deletion: {
    file: 'web/live-film/steering-bar.tsx',
    path: ofScene,
    open: async (page) => {
      await more(page);
      await button(page, /Delete film|删除影片/);
    },
  },
  palette: {
    file: 'web/shell/palette.tsx',
    path: ofScene,
    open: async (page) => {
      await button(page, /All actions|全部操作/);
      await page.locator('.palette [role=option]').first().waitFor();
    },
  },
  keys: { file: 'web/shell/key-list.tsx', path: ofScene, open: (page) => page.keyboard.press('?') },
  'chosen-films': {
    file: 'web/films/bulk-bar.tsx',
    path: () => '/',
    open: async (page) => {
      for (const choice of await page.locator('.choose').all()) await choice.click();
      await page.locator('.bars .actions .button').first().click();
    },
  },
  revocation: {
    file: 'web/parts/revocation.tsx',
    path: () => '/settings',
    open: (page) => button(page, /Revoke|吊销/),
  },
  'session-ended': {
    file: 'web/parts/revocation.tsx',
    path: () => '/settings',
    open: (page) => button(page, /End session|结束会话/),
  },
};
/** Asks before all of a batch is ended, by the same part as the others. */
const LIKE_OTHERS = ['web/batches/batch.tsx'];

test('every file of the page that shows a dialog is looked at', () => {
  const showing = filesBelow('web').filter(
    (file) => /<(Dialog|Confirm)\b/.test(projectFile(file)) && file !== 'web/parts/dialog.tsx',
  );
  const named = [...Object.values(OVERLAYS).map(({ file }) => file), ...LIKE_OTHERS];
  expect([...new Set(named)].sort()).toEqual(showing.sort());
});

describe.each(Object.entries(OVERLAYS))('What opens as %s', (name, { path, open }) => {
  test.each([
    ['en-GB', 'light', 1280],
    ['zh-CN', 'dark', 390],
  ] as const)('has no fault that axe finds, in %s, %s, %d wide', async (locale, colorScheme, width) => {
    const page = await live.open(key, { locale, colorScheme, viewport: { width, height: 900 } });
    await page.goto(path());
    await page.locator('.card, .script, .film-row').first().waitFor();
    await open(page);
    await page.locator('dialog[open]').waitFor();
    const seen = await look(page);
    const file = `${name}-${locale}-${colorScheme}-${width}.png`;
    if (pictures) await page.screenshot({ path: join(pictures, file) });
    await page.context().close();
    expect(seen).toEqual(NO_FAULTS);
  });
});

test('a dialog that is left gives the focus back to what opened it, and an edit to its button', async () => {
  const page = await live.open(key);
  await page.goto(ofScene());
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  for (const name of ['Make again: Image', 'Remove scene']) {
    await page.getByRole('button', { name }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'No, go back' }).press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe(name);
  }
  await page.getByRole('button', { name: 'Edit: Narration' }).press('Enter');
  await page.getByLabel('Edit: Narration').press('Escape');
  await until('the button has the focus', async () => (await focused()).includes('Edit: Narration'));
  await page.context().close();
});

test('a picture is made again with its price first, and nothing else', async () => {
  const { client } = live.app;
  const id = films.done as ProjectId;
  const page = await live.open(key);
  await page.goto(ofScene());
  const before = await client.overview.calls(id);
  await page.getByRole('button', { name: 'Make again: Image' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('A run would make 3 things').waitFor();
  // What is refused is stated in the dialog, because nothing behind it is seen or read.
  await page.route('**/start', (route) => route.abort());
  await dialog.getByRole('button', { name: 'Make again', exact: true }).click();
  await dialog.getByRole('status').getByText('The gateway does not answer.').waitFor();
  await page.unroute('**/start');
  expect(await client.overview.calls(id)).toHaveLength(before.length);
  await dialog.getByRole('button', { name: 'Make again', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await until('the film is whole again', async () => {
    const made = (await client.overview.calls(id)).length > before.length;
    return made && (await client.status(id)).status === 'completed';
  });
  const calls = await client.overview.calls(id);
  const lanes = calls.slice(before.length).map(({ lane }) => lane);
  expect(lanes.sort()).toEqual(['image_generation/1', 'video_generation/1']);
  // Each attempt has its line.
  await page.getByRole('tab', { name: 'Cost' }).click();
  await until('the calls are listed', async () => (await page.locator('.calls td.figure').count()) === calls.length);
});

test('a picture that an edit has replaced is shown beside the new one while the page is open', async () => {
  const page = await live.open(key);
  await page.goto(ofScene());
  const shown = "document.querySelector('#scene-1 video')?.poster";
  const before = await until('the picture is shown', () => page.evaluate<string>(shown));
  await page.waitForLoadState('networkidle');
  await page.getByRole('button', { name: 'Edit: Picture' }).click();
  await page.getByLabel('Edit: Picture').fill('A red boat in the snow');
  await page.getByRole('button', { name: 'Save and run' }).click();
  await page.locator('.before img').nth(1).waitFor();
  const sources = await page.evaluate<string[]>("[...document.querySelectorAll('.before img')].map(({ src }) => src)");
  expect(sources).toEqual([expect.stringMatching(/^blob:/), expect.not.stringContaining(before)]);
  await until('both are drawn', () =>
    page.evaluate<boolean>("[...document.querySelectorAll('.before img')].every(({ naturalWidth: w }) => w > 0)"),
  );
  expect(await look(page)).toEqual(NO_FAULTS);
  // It was nowhere but in this page.
  await page.reload();
  await page.locator('.scene-detail h3').waitFor();
  expect(await page.locator('.before').count()).toBe(0);
  await until('it is made', async () => (await live.app.client.status(films.done as ProjectId)).status === 'completed');
});

test('what is wrong with a field is stated beside it in the language of the page, and read with it', async () => {
  const page = await live.open(key, { locale: 'zh-CN' });
  await page.goto('/new');
  await page.getByLabel('主题').fill('一只狐狸');
  await page.locator('summary').getByText('更多', { exact: true }).click();
  await page.getByLabel('名称').fill('x'.repeat(501));
  await page.locator('summary').getByText('更多', { exact: true }).click();
  await page.getByLabel('风格').fill('x'.repeat(2_001));
  await page.getByRole('button', { name: /^制作影片/ }).click();
  const fault = page.locator('.field-error');
  await fault.nth(1).waitFor();
  // The fault of a field that was folded away is seen.
  expect((await fault.allInnerTexts()).map((text) => text.replace('⚠', '').trim())).toEqual([
    '最多 2,000 字节',
    '最多 500 字节',
  ]);
  const focused = page.locator(':focus');
  expect(await focused.getAttribute('aria-invalid')).toBe('true');
  const described = (await focused.getAttribute('aria-describedby')) ?? '';
  expect(await page.locator(`[id="${described}"]`).textContent()).toContain('2,000');
  expect(await look(page)).toEqual(NO_FAULTS);
  if (pictures) await page.screenshot({ path: join(pictures, 'faults-zh-CN-light-1280.png'), fullPage: true });
  await page.goto('/b');
  await page.getByLabel('主题').fill('一只狐狸');
  await page.getByLabel('批次名称').fill('春天');
  await page.getByRole('button', { name: '开始批次' }).click();
  await fault.getByText('只能有英文字母').waitFor();
  await page.context().close();
});

test('what the gateway refuses of an edit, of a key and of a budget is stated beside the field, in the language of the page', async () => {
  const { secret } = key;
  const page = await live.open({ secret }, { locale: 'zh-CN' });
  const answer = page.locator('.answer');
  const fault = page.locator('.field-error');
  const isRead = async (words: string) => {
    await fault.getByText(words).waitFor();
    const focused = page.locator('[aria-invalid=true]:focus');
    expect(await page.locator(`[id="${await focused.getAttribute('aria-describedby')}"]`).textContent()).toContain(
      words,
    );
    // What the fault is, and no word in another language.
    expect((await answer.innerText()).replace(/关闭|[^a-z]/gi, '')).toBe('');
  };
  await page.goto(ofScene());
  await page.getByRole('button', { name: '编辑：旁白' }).click();
  await page.getByLabel('编辑：旁白').fill(' ');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await isRead('不能为空');
  if (pictures) await page.screenshot({ path: join(pictures, 'edit-fault-zh-CN-light-1280.png') });
  await page.getByRole('button', { name: '放弃' }).click();
  await page.getByRole('button', { name: '编辑：旁白' }).click();
  expect(await fault.count()).toBe(0);
  await page.getByRole('button', { name: '放弃' }).click();
  await page.getByRole('button', { name: '编辑：时长' }).click();
  await page.getByLabel('编辑：时长').fill('-1');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await isRead('0');
  await page.goto('/settings');
  await page.getByLabel('名称').fill('x'.repeat(600));
  await page.getByRole('button', { name: '创建' }).click();
  await isRead('最多 500 字节');
  await page.context().close();
});

test('a refusal without a fault of a field is stated in the language of the page, with the words of the server as its detail', async () => {
  const { client } = live.app;
  const page = await live.open(key, { locale: 'zh-CN' });
  const id = await client.create({ topic: 'a draft' });
  await page.goto(`/p/${id}`);
  await page.locator('.steering summary').click();
  await page.getByRole('button', { name: '删除影片' }).click();
  // Once the page knows that the film is gone, it closes the dialog: so somebody else deletes the film after the click.
  await page.route(`**/v1/projects/${id}`, async (route) => {
    if (route.request().method() === 'DELETE') {
      await client.delete(id);
      await page.getByRole('heading', { name: '未找到' }).waitFor();
    }
    await route.continue();
  });
  await page.getByRole('dialog').getByRole('button', { name: '删除影片' }).click();
  const answer = page.locator('.answer');
  await answer.getByText('没有这部影片').waitFor();
  const detail = answer.locator('.server-words');
  expect(await detail.getAttribute('lang')).toBe('en');
  expect(await detail.textContent()).toContain('There is no project');
  const own = (await answer.innerText()).replace(await detail.innerText(), '');
  expect(own.replace(/[^a-z]/gi, '')).toBe('');
  const said = page.locator('[role=status][aria-live], [role=status]').filter({ hasText: '没有这部影片' });
  expect((await said.first().textContent()) ?? '').not.toContain('There is');
  expect(await look(page)).toEqual(NO_FAULTS);
  await page.context().close();
});

test('a camera move is chosen by its word, and what no longer fits is marked until a run has made it', async () => {
  const { client } = live.app;
  const id = films.done as ProjectId;
  const { secret } = key;
  const page = await live.open({ secret }, { locale: 'zh-CN', viewport: { width: 390, height: 800 } });
  await page.goto(ofScene());
  await page.getByRole('button', { name: '编辑：移动' }).click();
  const present = (await client.editable(id)).scenes[0]?.camera?.movement;
  const [wanted, word] = present === 'static' ? (['pan_left', '左摇'] as const) : (['static', '固定'] as const);
  await page.getByLabel('编辑：移动').selectOption({ label: word });
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await until('it is stored', async () => (await client.editable(id)).scenes[0]?.camera?.movement === wanted);
  await page.locator('#scene-1 .segment.stale').getByText('片段：已过时').waitFor();
  expect(await page.locator('#scene-2 .segment.stale').count()).toBe(0);
  await page.locator('.next-run .consequence').waitFor();
  await page.locator('.steering').getByRole('button', { name: '再次运行' }).click();
  await page.locator('.segment.stale').waitFor({ state: 'detached' });
  await until('it is made', async () => (await client.status(id)).status === 'completed');
  // What can be done with a key can be done without one.
  await page.getByRole('button', { name: '全部操作' }).click();
  await page.locator('.palette [role=option]').filter({ hasText: '审阅' }).click();
  await page.waitForURL(/\/review$/);
});
