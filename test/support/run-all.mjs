/**
 * What `npm test` runs: the build, then the checks beside the deterministic tests. The last line is "N passed, N failed",
 * where each check counts as one. Exit 1 if any failed, or if jest left a test out: a test that cannot run must fail.
 */
import { check, end, isInterrupted, jest } from './scripts.mjs';

if (process.argv.length > 2) {
  console.error('npm test takes no arguments. One suite: npx jest <path>');
  process.exit(2);
}

async function inTurn(scripts) {
  const results = [];
  for (const script of scripts) if (!isInterrupted()) results.push(await check(script));
  return results;
}

const build = await check('build');
const checks = build.failed ? [] : inTurn(['format', 'types', 'dead-code', 'lint']);
const tests = build.failed || isInterrupted() ? [] : [await jest('test:jest')];
end([build, ...(await checks), ...tests]);
