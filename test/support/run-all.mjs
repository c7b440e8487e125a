/**
 * What `npm test` runs: the build, then the deterministic tests. The last line is "N passed, N failed". Exit 1 if any failed,
 * or if jest left a test out: a test that cannot run must fail.
 */
import { check, end, isInterrupted, jest } from './scripts.mjs';

if (process.argv.length > 2) {
  console.error('npm test takes no arguments. One suite: npx jest <path>');
  process.exit(2);
}

const build = await check('build');
end([build, ...(build.failed || isInterrupted() ? [] : [await jest('test:jest')])]);
