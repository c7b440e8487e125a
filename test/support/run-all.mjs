/**
 * What `npm test` runs: the build, the checks, two at a time, then all tests. The last line is "N passed, N failed", where each check counts as one. Exit 1 if any failed, or if jest left
 * a test out: a test that cannot run must fail.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

const resultsFile = 'node_modules/.cache/jest-results.json';
const running = new Set();
const results = [];
let interrupted;

if (process.argv.length > 2) {
  console.error('npm test takes no arguments. One suite: npx jest <path>');
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted ??= signal;
    for (const { pid } of running) {
      try {
        process.kill(-pid, 'SIGTERM');
      } catch {
        // It has just ended by itself.
      }
    }
  });
}

/** Runs a script of package.json. Resolves with its exit code and, unless it writes to the terminal itself, its output. */
function run(script, args, stdio) {
  return new Promise((resolve, reject) => {
    // A process group of its own, because npm and its shell die without telling what they started.
    const options = { detached: true, stdio: ['ignore', stdio, stdio] };
    const child = spawn('npm', ['run', '--silent', script, '--', ...args], options);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    running.add(child);
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

async function check(script) {
  const started = Date.now();
  const { code, output } = await run(script, [], 'pipe');
  if (interrupted) return;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${script} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  results.push({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 });
}

async function checkInTurn(queue) {
  for (let script = queue.shift(); script && !interrupted; script = queue.shift()) await check(script);
}

async function jest() {
  rmSync(resultsFile, { force: true });
  const { code } = await run('test:jest', ['--json', `--outputFile=${resultsFile}`], 'inherit');
  if (interrupted) return;
  results.push(jestResult(code));
}

function jestResult(code) {
  let report;
  try {
    report = JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    console.log('FAILED  jest ended without a report');
    return { passed: 0, failed: 1 };
  }
  const leftOut = report.numPendingTests + report.numTodoTests;
  if (leftOut > 0) console.log(`FAILED  ${leftOut} tests were left out`);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + leftOut;
  if (failed === 0 && code !== 0) console.log(`FAILED  jest ended with exit code ${code}`);
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

await check('build');
const queue = ['format', 'lint', 'types', 'dead-code'];
await Promise.all([checkInTurn(queue), checkInTurn(queue)]);
if (!interrupted) await jest();

if (interrupted) {
  console.log(`stopped by ${interrupted}`);
  process.exit(interrupted === 'SIGINT' ? 130 : 143);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);
