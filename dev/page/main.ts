/**
 * Builds the live page alone, in a moment: `node dist/dev/page/main.js`. With `--watch` it builds again at each change under
 * web/. A running gateway serves the new page at once, and open pages load themselves again.
 */
import { watch } from 'node:fs';
import { join } from 'node:path';
import { buildWeb } from '../build/web';

const root = join(__dirname, '..', '..', '..');
const CALM_MS = 50;

async function main(): Promise<void> {
  const reload = process.argv.includes('--watch');
  await build(reload);
  if (!reload) return;
  let waiting: NodeJS.Timeout | undefined;
  let building = Promise.resolve();
  watch(join(root, 'web'), { recursive: true }, () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      building = building.then(() => build(true));
    }, CALM_MS);
  });
}

/** A mistake in the code ends nothing: esbuild has printed its place. */
async function build(reload: boolean): Promise<void> {
  const begun = performance.now();
  try {
    await buildWeb(root, { reload });
    process.stdout.write(`page: built in ${Math.round(performance.now() - begun)} ms\n`);
  } catch {
    process.exitCode = reload ? 0 : 1;
  }
}

void main();
