/** Runs the scripts of package.json for the runners of tests, counts what passed, and ends what runs when it is told to. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

const RESULTS = 'node_modules/.cache/jest-results.json';
const running = new Set();
let interrupted;

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

export const isInterrupted = () => interrupted !== undefined;

/**
 * Reads the options of a runner, as `readValues` takes them. Prints how the runner is used, and ends it, if that is what
 * was asked for or if an option cannot be taken.
 */
export function optionsOf(script, usage, options, readValues) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if (!values.help) return readValues(values);
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${script}: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Runs a script of package.json. Resolves with its exit code and, unless it writes to the terminal itself, its output. */
export function run(script, args = [], { stdio = 'pipe', env = {} } = {}) {
  return new Promise((resolve, reject) => {
    // A process group of its own, because npm and its shell die without telling what they started.
    const options = { detached: true, stdio: ['ignore', stdio, stdio], env: { ...process.env, ...env } };
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

/** Runs a check, which counts as one, and prints its output if it failed. */
export async function check(script) {
  const started = Date.now();
  const { code, output } = await run(script);
  if (interrupted) return { passed: 0, failed: 0 };
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${script} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Runs jest by a script of package.json. A test that was left out counts as failed. */
export async function jest(script, args = [], env = {}) {
  rmSync(RESULTS, { force: true });
  const { code } = await run(script, [...args, '--json', `--outputFile=${RESULTS}`], { stdio: 'inherit', env });
  if (interrupted) return { passed: 0, failed: 0 };
  let report;
  try {
    report = JSON.parse(readFileSync(RESULTS, 'utf8'));
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

/** Prints the sum as the last line, and ends with it: 1 if anything failed. */
export function end(results) {
  if (interrupted) {
    console.log(`stopped by ${interrupted}`);
    process.exit(interrupted === 'SIGINT' ? 130 : 143);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exit(sum('failed') === 0 ? 0 : 1);
}
