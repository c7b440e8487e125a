import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

/** What sticks covers something only until somebody scrolls, so it lies where it belongs while axe looks. */
const LET_GO = `for (const each of document.querySelectorAll('*'))
  if (getComputedStyle(each).position === 'sticky') each.style.position = 'static'`;
const STICK = `for (const each of document.querySelectorAll('[style*=static]')) each.style.position = ''`;

/** What axe finds on the page as it is now, and by how many pixels it can be scrolled sideways. */
export async function look(page: Page): Promise<{ readonly found: string[]; readonly overflow: number }> {
  await page.evaluate(axe);
  await page.evaluate(LET_GO);
  const found = await page.evaluate<string[]>(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`,
  );
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  await page.evaluate(STICK);
  return { found, overflow };
}

export const NO_FAULTS = { found: [], overflow: 0 };
