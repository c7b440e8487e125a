/** The steps after the compiler: Lua scripts, the workflow bundle, the page, the types, and the mode of the command. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildTypes } from './types';
import { buildWeb } from './web';

const root = join(__dirname, '..', '..', '..');
const compiled = join(root, 'dist', 'src');

/** With `--reload`, open pages load themselves again whenever the page is built again, and no package is made. */
async function main(): Promise<void> {
  copyLua();
  const reload = process.argv.includes('--reload');
  await Promise.all([bundleWorkflows(), buildWeb(root, { reload }), reload || buildTypes(root)]);
  chmodSync(join(compiled, 'cli', 'main.js'), 0o755);
}

function copyLua(): void {
  const from = join(root, 'src', 'stream');
  mkdirSync(join(compiled, 'stream'), { recursive: true });
  for (const name of readdirSync(from).filter((each) => each.endsWith('.lua'))) {
    copyFileSync(join(from, name), join(compiled, 'stream', name));
  }
}

/** Bundling takes seconds, so it is left out if no source of the bundle has changed. */
async function bundleWorkflows(): Promise<void> {
  const folder = join(compiled, 'workflows');
  const [bundleFile, hashFile] = [join(folder, 'bundle.js'), join(folder, 'bundle.sha256')];
  const hash = hashOfSources();
  if (existsSync(bundleFile) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash) return;
  // An unfinished build must not look like a finished one.
  rmSync(hashFile, { force: true });
  // Loaded only now: loading it is most of the time of a build that has nothing to do.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { workflowSources } = await import('../../src/worker/index.js');
  const { code } = await bundleWorkflowCode({
    ...workflowSources(folder),
    // Each worker reads the map when it starts. Without the text of the sources it still gives their lines.
    webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-source-map' }),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(bundleFile, code);
  writeFileSync(hashFile, hash);
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of ['workflows', 'protocol']) {
    for (const name of readdirSync(join(compiled, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!name.endsWith('.js') || name === 'bundle.js') continue;
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(compiled, folder, name)));
    }
  }
  for (const name of ['worker', 'workflow', 'common']) {
    hash.update(readFileSync(join(root, 'node_modules', '@temporalio', name, 'package.json')));
  }
  return hash.digest('hex');
}

main().catch((error: unknown) => {
  process.stderr.write(`The build failed: ${(error as Error).stack}\n`);
  process.exitCode = 1;
});
