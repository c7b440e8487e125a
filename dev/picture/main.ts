/** `npm run picture`: makes the README's moving picture from the real page, on embedded services. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { readConfig } from '../../src/config';
import { runGateway } from '../../src/gateway';
import { createLogger } from '../../src/logger';
import { createWorker } from '../../src/worker';
import { openSandbox } from '../sandbox';
import { FilmStrip } from './film-strip';
import { openBrowser } from './open-browser';

const root = resolve(__dirname, '..', '..', '..');
const folder = join(root, '.storyreel', 'picture');
const toolsDir = process.env['STORYREEL_TOOLS_DIR'] ?? join(root, '.storyreel', 'tools');
const gif = resolve(process.argv[2] ?? join(root, 'docs', 'images', 'story.gif'));

const VIEW = { width: 1080, height: 720 };
const TOPIC = 'a lighthouse keeper who collects storms';

async function main(): Promise<void> {
  const env = { ...process.env, STORYREEL_TOOLS_DIR: toolsDir };
  const sandbox = await openSandbox({ folder, env, tokensPerSecond: 80 });
  try {
    const settings = { FRAME_SIZE: '640x360', VIDEO_POLL_MS: '100', STORYREEL_TEXT_CONTINUATION: 'prefill' };
    const config = readConfig({ ...sandbox.env, ...settings, GATEWAY_ADDRESS: '127.0.0.1:0' });
    const logger = createLogger('error', 'picture');
    const worker = await createWorker({ settings: config, logger });
    const gateway = await runGateway(config, logger);
    const browser = await openBrowser(toolsDir);
    try {
      const page = await browser.newPage({
        baseURL: gateway.url,
        locale: 'en-GB',
        viewport: VIEW,
        colorScheme: 'light',
      });
      page.setDefaultTimeout(300_000);
      page.on('response', (answer) => {
        if (answer.status() >= 400) process.stderr.write(`picture: ${answer.status()} ${answer.url()}\n`);
      });
      page.on('requestfailed', (request) => {
        process.stderr.write(`picture: ${request.failure()?.errorText} ${request.url()}\n`);
      });
      await page.goto('/new');
      const strip = new FilmStrip(page, join(folder, 'shots'));
      await strip.record(() => makeFilm(page));
      await strip.writeGif(gif, { ffmpeg: sandbox.stack.ffmpegPath, width: 760 });
    } finally {
      await browser.close();
      await gateway.stop();
      await worker.stop();
    }
  } finally {
    await sandbox.close();
  }
  process.stdout.write(`${gif}: ${Math.round((await stat(gif)).size / 1000)} KB\n`);
}

/** One film as a person makes it: paused in mid-sentence, resumed, approved, and looked at. */
async function makeFilm(page: Page): Promise<void> {
  await page.getByLabel('Topic').pressSequentially(TOPIC, { delay: 20 });
  await page.getByLabel('Scenes', { exact: true }).fill('3');
  await page.getByRole('button', { name: /^Make film/ }).click();
  // The page's policy forbids what `waitForFunction` evaluates.
  while (((await page.locator('.script').textContent()) ?? '').length < 500) await sleep(50);
  await page.getByRole('button', { name: 'Pause now' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await sleep(1_000);
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.locator('.gate-bar').waitFor();
  // A reload shows the same, and the scenes that are to be approved.
  await page.reload();
  await page.locator('.storyboard .card').first().waitFor();
  await page.locator('.storyboard').scrollIntoViewIfNeeded();
  await sleep(1_200);
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('button', { name: /Play film/ }).waitFor();
  await sleep(500);
  await page.reload();
  await page.locator('.storyboard .card').first().waitFor();
  await page.locator('.storyboard').scrollIntoViewIfNeeded();
  await sleep(2_000);
  await page.locator('.film').scrollIntoViewIfNeeded();
  // Sought rather than played, so that a slow computer makes the same picture.
  for (let second = 0; second < 10; second += 0.4) {
    await page.locator('.film video').evaluate((video: unknown, at) => {
      (video as { currentTime: number }).currentTime = at;
    }, second);
    await sleep(200);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`picture: ${(error as Error).stack}\n`);
  process.exitCode = 1;
});
