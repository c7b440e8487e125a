import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from '../../dev/stack';
import { projectRoot } from '../architecture/project-files';
import { PATIENCE_MS } from './until';

/** A browser for a suite. Without one the suite fails, with a line that says how to get one. */
export async function openBrowser(): Promise<Browser> {
  const { program, env } = await findChromium({
    env: process.env,
    toolsDir: process.env['STORYREEL_TOOLS_DIR'] ?? join(projectRoot, '.storyreel', 'tools'),
    signal: new AbortController().signal,
  });
  return chromium.launch({
    executablePath: program,
    // Root has no other way; the page is our own.
    args: ['--no-sandbox'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
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
