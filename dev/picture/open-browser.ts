import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../stack';

/** Opens a Chromium without a screen. Throws `StackError`, which states in one line how to get one. */
export async function openBrowser(toolsDir: string): Promise<Browser> {
  const { program, env } = await findChromium({ env: process.env, toolsDir, signal: new AbortController().signal });
  return chromium.launch({
    executablePath: program,
    // Root has no other way; the page is our own.
    args: ['--no-sandbox'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
}
