import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser as openIn } from '../../dev/picture/open-browser';
import { projectRoot } from '../architecture/project-files';
import { PATIENCE_MS } from './until';

/** A browser for a suite. Without one the suite fails, with a line that says how to get one. */
export function openBrowser(): Promise<Browser> {
  return openIn(process.env['STORYREEL_TOOLS_DIR'] ?? join(projectRoot, '.storyreel', 'tools'));
}

/** A page of its own, with nothing kept from others. A fault of the page's own script fails the test. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

/** What the page's script has thrown, and what its policy has refused. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) faults.push(message.text());
  });
  return faults;
}

/** The whole page as it would be on a window as high as it is: what sticks lies where it belongs. */
export async function takePicture(page: Page, path: string): Promise<void> {
  const { width = 1280 } = page.viewportSize() ?? {};
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.setViewportSize({ width, height: Math.max(height, 400) });
  await page.screenshot({ path });
}
