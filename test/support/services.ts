import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { StoryClient } from '../../src/client';
import { readConfig, type Config } from '../../src/config';
import { createWorker, type RunningWorker } from '../../src/worker';
import { loggerThatCounts } from './sdk-warnings';

export function fromSetup(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with jest's global setup`);
  return value;
}

export const AN_HOUR_MS = '3600000';

/** The environment of a worker or a client on the shared stack, with a task queue and a media folder of its own. */
export function testEnv(overrides: Readonly<Record<string, string>> = {}): Record<string, string> {
  const studio = fromSetup('STORYREEL_TEST_STUDIO_URL');
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    TEMPORAL_ADDRESS: fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS'),
    TEMPORAL_TASK_QUEUE: `test-${randomUUID().slice(0, 8)}`,
    DATABASE_URL: fromSetup('STORYREEL_TEST_POSTGRES_URL'),
    REDIS_URL: fromSetup('STORYREEL_TEST_REDIS_URL'),
    MEDIA_DIR: join(fromSetup('STORYREEL_TEST_FOLDER'), 'media'),
    FFMPEG_PATH: fromSetup('STORYREEL_FFMPEG'),
    OPENAI_BASE_URL: studio,
    STORYREEL_IMAGE_BASE_URL: studio,
    STORYREEL_VIDEO_BASE_URL: studio,
    // The studio knows a request again by it.
    STORYREEL_IDEMPOTENCY_KEY: 'on',
    FRAME_SIZE: '64x36',
    VIDEO_POLL_MS: '100',
    SHUTDOWN_GRACE_MS: '0',
    // The studio holds what a test wants held; a busy machine may take long for it.
    FIRST_TOKEN_TIMEOUT_MS: AN_HOUR_MS,
    INTER_CHUNK_TIMEOUT_MS: AN_HOUR_MS,
    ...overrides,
  };
}

export interface TestApp {
  readonly config: Config;
  readonly client: StoryClient;
  readonly worker: RunningWorker;
  close(): Promise<void>;
}

/** A worker and a client in this process. */
export async function startApp(overrides: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const config = readConfig(testEnv(overrides));
  const worker = await createWorker({ settings: config, logger: loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')) });
  const client = await StoryClient.connect(config);
  return {
    config,
    client,
    worker,
    close: async () => {
      await client.close();
      await worker.stop();
    },
  };
}
