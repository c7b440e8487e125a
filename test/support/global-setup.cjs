const { spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const { once } = require('node:events');
const { existsSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { createInterface } = require('node:readline');

const root = resolve(__dirname, '..', '..');
const SERVICES = Symbol.for('storyreel.test-services');

/** Starts the services that all suites share, in a process of their own. They end with it, and it ends with this one. */
module.exports = async ({ watch }) => {
  if (watch) throw new Error('the suites share services that watch mode would leave running');
  const folder = join(root, '.storyreel', `test-${randomUUID().slice(0, 8)}`);
  const main = join(root, 'dist', 'dev', 'test-services', 'main.js');
  if (!existsSync(main)) throw new Error('nothing is built yet: run npm run build');
  const child = spawn(process.execPath, [main, root, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => undefined)]);
  if (!line) throw new Error('the services of the tests did not start');
  globalThis[SERVICES] = { child, ended, folder };
  Object.assign(process.env, { NODE_ENV: 'test', ...JSON.parse(line[0]) });
};

module.exports.stopServices = async () => {
  const { child, ended, folder } = globalThis[SERVICES];
  for (const warning of countedWarnings(join(folder, 'sdk-warnings.log'))) console.error(`  counted: ${warning}`);
  child.stdin.end();
  await ended;
};

/** What sdk-warnings.ts has noted: each kind of warning with how often it came, most frequent first. */
function countedWarnings(file) {
  if (!existsSync(file)) return [];
  const counts = new Map();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([line, count]) => `${count} × ${line}`);
}
