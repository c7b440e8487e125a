import type { Browser } from 'playwright-core';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId } from '../../src/protocol';
import { openBrowser, openPage } from '../support/browser';
import { GatewayProcess } from '../support/gateway';
import { scriptOn, statusOn } from '../support/live-page';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fromSetup, testEnv } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';

const studio = new StudioControl();
let database: OwnDatabase;
let redis: TcpProxy;
let env: Record<string, string>;
let client: StoryClient;
let browser: Browser;
let gateway: GatewayProcess;
let worker: WorkerProcess;

beforeAll(async () => {
  database = await createOwnDatabase();
  const url = new URL(fromSetup('STORYREEL_TEST_REDIS_URL'));
  redis = await TcpProxy.start(Number(url.port));
  url.port = String(redis.port);
  env = testEnv({ DATABASE_URL: database.url, REDIS_URL: url.href, STORYREEL_TEXT_CONTINUATION: 'prefill' });
  client = await StoryClient.connect(readConfig(env));
  [gateway, worker, browser] = await Promise.all([GatewayProcess.start(env), WorkerProcess.start(env), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.end('SIGKILL');
  await worker?.kill();
  await client?.close();
  await redis?.close();
  await database?.drop();
});

/** A film on the page whose text has stopped in the middle of a sentence, until the studio is told to write on. */
async function openHalfText() {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { text: longText(mark, 40), hold: 120 });
  const id = await client.create({ topic, settings: { scenes: 1 } });
  await client.start(id, { stages: ['rewrite'] });
  const page = await openPage(browser, gateway.url);
  await page.goto(`/p/${id}`);
  await until('half of the text', async () => ((await scriptOn(page).textContent()) ?? '').length > 200);
  await page.locator('.connection-live').waitFor();
  return { page, id, mark };
}

async function mustBeStored(page: Awaited<ReturnType<typeof openHalfText>>['page'], id: ProjectId) {
  await statusOn(page).getByText('done').waitFor();
  await page.locator('.script .proof-verified').waitFor();
  expect(await scriptOn(page).textContent()).toBe((await client.editable(id)).rewrite);
}

test('the gateway and the worker are killed in mid-sentence: the page states it, continues, and has the stored text', async () => {
  const { page, id } = await openHalfText();
  await gateway.end('SIGKILL');
  await page.locator('.connection-reconnecting').waitFor();
  await worker.kill();
  const half = await scriptOn(page).textContent();
  gateway = await GatewayProcess.start(env, new URL(gateway.url).host);
  await page
    .getByRole('button', { name: 'Reconnect now' })
    .click({ timeout: 1_000 })
    .catch(() => undefined);
  await page.locator('.connection-live').waitFor();
  expect((await scriptOn(page).textContent())?.startsWith(String(half))).toBe(true);
  worker = await WorkerProcess.start(env);
  await page.locator('.block[data-mark*="continued from byte"]').waitFor();
  await mustBeStored(page, id);
});

test('Redis is away: the page states it, and has the stored text afterwards', async () => {
  const { page, id, mark } = await openHalfText();
  await redis.refuse();
  await page.locator('.connection-away').waitFor();
  await studio.release(mark);
  await until('the run has ended', async () => (await client.status(id)).status === 'completed');
  await mustBeStored(page, id);
  await redis.accept();
});
