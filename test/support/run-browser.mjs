/** What `npm run test:browser` runs: the build, then the page in a real browser. The last line is "N passed, N failed". */
import { check, end, isInterrupted, jest } from './scripts.mjs';

const build = await check('build');
end([build, ...(build.failed || isInterrupted() ? [] : [await jest('test:jest:browser', process.argv.slice(2))])]);
