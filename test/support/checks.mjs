/** What `npm run check` runs: all that looks at the sources without running them. The last line is "N passed, N failed". */
import { check, end, isInterrupted } from './scripts.mjs';

const results = [];
for (const script of ['build', 'format', 'types', 'dead-code', 'lint', 'package', 'documented']) {
  if (!isInterrupted()) results.push(await check(script));
}
end(results);
