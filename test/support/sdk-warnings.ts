import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, type Logger } from '../../src/logger';

/** global-setup.cjs prints what is in it. */
const FILE = 'sdk-warnings.log';

/**
 * A silent logger for a worker in the test's process, which counts what Temporal's SDK warns of: that an activity or a
 * workflow was over when its answer came is what many tests bring about.
 */
export function loggerThatCounts(folder: string): Logger {
  const logger = createLogger('silent', 'test-worker');
  const warn = (fields: unknown, message?: string) => {
    if ((fields as { sdkComponent?: string }).sdkComponent === 'core')
      appendFileSync(join(folder, FILE), `${message}\n`);
  };
  return Object.assign(Object.create(logger) as Logger, { warn });
}
