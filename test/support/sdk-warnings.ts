import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, type Logger } from '../../src/logger';

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

/** Each kind of warning with how often it came, most frequent first. */
export function countedWarnings(folder: string): string[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const counts = new Map<string, number>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([line, count]) => `${count} × ${line}`);
}
