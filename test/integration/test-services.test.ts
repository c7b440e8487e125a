import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fromSetup } from '../support/services';

test('Services that cannot be had end their process, although its input stays open', async () => {
  const root = resolve(__dirname, '..', '..');
  const main = resolve(root, 'dist', 'dev', 'test-services', 'main.js');
  const folder = resolve(fromSetup('STORYREEL_TEST_FOLDER'), 'no-services');
  const env = { ...process.env, STORYREEL_TEMPORAL_BIN: '/nowhere' };
  const child = spawn(process.execPath, [main, root, folder], { env, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(1);
  expect(said).toContain('/nowhere');
});
