import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack } from '../../dev/stack';
import { cleanEnv, collectReport, newStateDir, removeStateDirs } from '../support/stack-fixture';

afterAll(removeStateDirs);

test('Redis data that this server cannot read are set aside, and the stack begins with none', async () => {
  const stateDir = newStateDir();
  const folder = join(stateDir, 'redis', 'appendonlydir');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'appendonly.aof.manifest'), 'file appendonly.aof.1.base.rdb seq 1 type b\n');
  writeFileSync(join(folder, 'appendonly.aof.1.base.rdb'), 'VALKEY999 from the future');
  const { lines, report } = collectReport();
  const stack = await startStack({ stateDir, env: cleanEnv(), need: ['redis'], persistent: true, report });
  try {
    expect(stack.redis.embedded).toBe(true);
    expect(lines.map(({ message }) => message).join('\n')).toMatch(/cannot read what another version left/);
  } finally {
    await stack.stop();
  }
});
