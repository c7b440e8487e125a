import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fromSetup } from './services';

const run = promisify(execFile);

/** Runs the `temporal` command as an operator would, on the tests' server. Rejects with what it said where it fails. */
export async function temporal(...args: readonly string[]): Promise<string> {
  const program = fromSetup('STORYREEL_TEST_TEMPORAL_PROGRAM');
  const env = { TEMPORAL_ADDRESS: fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS'), NO_COLOR: '1' };
  const { stdout, stderr } = await run(program, [...args, '--disable-config-file'], { env, timeout: 20_000 });
  return stdout + stderr;
}
