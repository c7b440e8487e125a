/**
 * Runs the deterministic tests again and again beside a process that keeps one core busy, and prints each failure. A
 * test that fails on a busy machine is a defect.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { end, isInterrupted, jest, optionsOf } from './scripts.mjs';

const USAGE = `npm run test:ten-times -- [--runs n] [--idle]
  --runs n  so many runs; default: 10
  --idle    without the process that keeps a core busy`;

const known = { runs: { type: 'string', default: '10' }, idle: { type: 'boolean' } };
const { runs, idle } = optionsOf('test:ten-times', USAGE, known, ({ runs, idle }) => {
  const times = Number(runs);
  if (!(Number.isSafeInteger(times) && times > 0)) throw new Error('--runs must be a whole number from 1');
  return { runs: times, idle };
});
const busy = idle ? undefined : spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
process.on('exit', () => busy?.kill('SIGKILL'));

const results = [];
for (let run = 1; run <= runs && !isInterrupted(); run++) {
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
