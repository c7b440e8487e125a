import * as v8 from 'node:v8';
import { readConfig } from '../../../src/config';
import { createLogger } from '../../../src/logger';
import { createWorker } from '../../../src/worker';
import type { Measured } from '../measured';

// @types/node 20 does not know it yet; it collects garbage first.
const { queryObjects } = v8 as unknown as { queryObjects: (of: object, options: { format: 'count' }) => number };

/** The worker that is measured, alone in its process. It answers each message with what it holds after a collection. */
async function main(): Promise<void> {
  const config = readConfig();
  const worker = await createWorker({ settings: config, logger: createLogger(config.LOG_LEVEL, 'soak-worker') });
  process.on('message', () => process.send?.(measure()));
  process.once('disconnect', () => void worker.stop());
  process.send?.('ready');
  await worker.finished;
}

function measure(): Measured {
  const abortSignals = queryObjects(AbortSignal, { format: 'count' });
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss, abortSignals, handles: process.getActiveResourcesInfo().length };
}

void main();
