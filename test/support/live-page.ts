import { randomBytes } from 'node:crypto';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { openBrowser, openPage } from './browser';
import { ownKey, startGateway } from './gateway';
import { startPricedApp, type PricedApp } from './priced-app';
import { testEnv } from './services';

/** The page of a gateway that asks who comes, on a worker whose models have prices. */
export class LivePage {
  private constructor(
    readonly app: PricedApp,
    readonly gateway: RunningGateway,
    readonly browser: Browser,
  ) {}

  static async start(): Promise<LivePage> {
    const app = await startPricedApp();
    const { DATABASE_URL, TEMPORAL_TASK_QUEUE } = app.config;
    const gateway = await startGateway(
      testEnv({ DATABASE_URL, TEMPORAL_TASK_QUEUE, GATEWAY_SIGNING_KEYS: `a:${randomBytes(32).toString('base64')}` }),
    );
    return new LivePage(app, gateway, await openBrowser());
  }

  /** A page of somebody who is signed in as an owner whom no other page has, unless one is named. */
  async open(key?: { readonly secret: string }, options: BrowserContextOptions = {}): Promise<Page> {
    const { secret } = key ?? (await ownKey(this.app));
    const page = await openPage(this.browser, this.gateway.url, options);
    const answer = await page.request.post('/v1/sessions', {
      headers: { authorization: `Bearer ${secret}` },
      data: {},
    });
    if (answer.status() !== 201) throw new Error(`not signed in: ${await answer.text()}`);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.gateway.stop();
    await this.app.close();
  }
}

export const statusOn = (page: Page) => page.locator('.screen-head .status');
export const scriptOn = (page: Page) => page.locator('.script .lane-text');

/** From the form to the live film, as a person does it. */
export async function makeFilm(
  page: Page,
  topic: string,
  { scenes = 3, gate = false }: { readonly scenes?: number; readonly gate?: boolean } = {},
): Promise<ProjectId> {
  await page.goto('/new');
  await page.getByLabel('Topic').fill(topic);
  await page.getByLabel('Scenes', { exact: true }).fill(String(scenes));
  if (!gate) await page.getByLabel('Stop after Storyboard').uncheck();
  await page.getByRole('button', { name: /^Make film/ }).click();
  await page.waitForURL(/\/p\//);
  return page.url().split('/').at(-1) as ProjectId;
}

/** Opens the player of a film that came while the page was open. */
export async function playFilm(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Play film/ }).click();
  await page.locator('.film video').waitFor();
}
