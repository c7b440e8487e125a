/**
 * Runs the deterministic tests again and again beside a process that keeps one core busy, and prints each failure:
 * npm run test:ten-times -- [--runs n] [--idle]. A test that fails on a busy machine is a defect.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { end, isInterrupted, jest } from './scripts.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10' }, idle: { type: 'boolean' } } });
const busy = values.idle ? undefined : spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
process.on('exit', () => busy?.kill('SIGKILL'));

const results = [];
for (let run = 1; run <= Number(values.runs) && !isInterrupted(); run++) {
  const started = Date.now();
  const result = await jest('test:jest', ['--silent']);
  results.push(result);
  console.log(`run ${run}: ${JSON.stringify({ ...result, seconds: Math.round((Date.now() - started) / 1000) })}`);
  if (result.failed) printFailures();
}
busy?.kill('SIGKILL');
end(results);

function printFailures() {
  const { testResults } = JSON.parse(readFileSync('node_modules/.cache/jest-results.json', 'utf8'));
  for (const { name, message, status, assertionResults } of testResults) {
    if (status === 'passed') continue;
    const failed = assertionResults.filter((each) => each.status === 'failed');
    if (failed.length === 0) console.log(`✗ ${name}\n${message}`);
    for (const { fullName, failureMessages } of failed) console.log(`✗ ${name}: ${fullName}\n${failureMessages[0]}`);
  }
}
