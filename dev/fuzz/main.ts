import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { readConfig, StoryClient } from '../../src/client';
import { createDataSource, migrate } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { runWorker } from '../../src/worker';
import { startStack } from '../stack';
import { startStudio } from '../studio';
import { play } from './play';

const root = resolve(__dirname, '..', '..', '..');
const MINUTE_MS = 60_000;
const MOST_SEED = 1_000_000;

/** Plays for so many minutes, with another seed each time, on services of its own. Prints each seed before it is played. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const minutes = numberIn(values.minutes ?? '1', 'minutes');
  const first = values.seed === undefined ? randomInt(MOST_SEED) : numberIn(values.seed, 'seed');
  const folder = join(root, '.storyreel', 'fuzz');
  const stack = await startStack({ stateDir: folder, env: process.env, persistent: false, report: () => undefined });
  const studio = await startStudio({ stateDir: join(folder, 'studio'), ffmpegPath: stack.ffmpegPath });
  try {
    const config = readConfig({
      LOG_LEVEL: 'silent',
      TEMPORAL_ADDRESS: stack.temporal.address,
      DATABASE_URL: stack.postgres.url,
      REDIS_URL: stack.redis.url,
      MEDIA_DIR: join(folder, 'media'),
      FFMPEG_PATH: stack.ffmpegPath,
      OPENAI_BASE_URL: studio.url,
      STORYREEL_IMAGE_BASE_URL: studio.url,
      STORYREEL_VIDEO_BASE_URL: studio.url,
      SHUTDOWN_GRACE_MS: '0',
    });
    const dataSource = createDataSource({ url: config.DATABASE_URL });
    await dataSource.initialize();
    await migrate(dataSource);
    await dataSource.destroy();
    const worker = await runWorker(config, createLogger(config.LOG_LEVEL, 'fuzz'));
    const client = await StoryClient.connect(config);
    const connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS });
    const namespace = config.TEMPORAL_NAMESPACE;
    const world = {
      ...{ client, namespace, taskQueue: config.TEMPORAL_TASK_QUEUE },
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
    await studio.close();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
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
