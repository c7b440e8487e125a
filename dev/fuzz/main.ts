import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { readConfig, StoryClient } from '../../src/client';
import { createLogger } from '../../src/logger';
import { connectTemporal } from '../../src/temporal';
import { createWorker } from '../../src/worker';
import { openSandbox } from '../sandbox';
import { play } from './play';

const root = resolve(__dirname, '..', '..', '..');
const MINUTE_MS = 60_000;
const MAX_SEED = 1_000_000;

/** Plays for so many minutes, with another seed each time, on services of its own. Prints each seed before it is played. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const minutes = numberIn(values.minutes ?? '1', 'minutes');
  const first = values.seed === undefined ? randomInt(MAX_SEED) : numberIn(values.seed, 'seed');
  const sandbox = await openSandbox({ folder: join(root, '.storyreel', 'fuzz') });
  try {
    const config = readConfig(sandbox.env);
    const worker = await createWorker({ settings: config, logger: createLogger(config.LOG_LEVEL, 'fuzz') });
    const client = await StoryClient.connect(config);
    const connection = await connectTemporal(config, 5_000);
    const namespace = config.TEMPORAL_NAMESPACE;
    const world = {
      client,
      namespace,
      taskQueue: config.TEMPORAL_TASK_QUEUE,
      temporal: new Client({ connection, namespace }),
    };
    try {
      const end = Date.now() + minutes * MINUTE_MS;
      for (let seed = first; seed === first || Date.now() < end; seed += 1) {
        process.stdout.write(`seed ${seed}\n`);
        await play(world, { seed, runs: 1, messages: 40 });
      }
      process.stdout.write('Nothing was found.\n');
    } finally {
      await connection.close();
      await client.close();
      await worker.stop();
    }
  } finally {
    await sandbox.close();
  }
}

function numberIn(text: string, name: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${name} must be a number`);
}

main().catch((error: unknown) => {
  const { message, cause } = error as Error;
  process.stderr.write(`${message}\nfuzz: ${cause instanceof Error ? cause.message : message}\n`);
  process.exitCode = 1;
});
