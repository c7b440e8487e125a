import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '@jest/types';
import { startStack, type Stack } from '../../dev/stack';
import { startStudio, type Studio } from '../../dev/studio';
import { countedWarnings } from './sdk-warnings';
import { createDataSource, migrate } from '../../src/entities';

const root = resolve(__dirname, '..', '..');

interface Shared {
  stack: Stack;
  studio: Studio;
  folder: string;
}

/** One stack and one studio for all suites, which keep apart by ids, databases and task queues of their own. */
export default async function globalSetup(config: Config.GlobalConfig): Promise<void> {
  if (config.watch) throw new Error('the suites share services that watch mode would leave running');
  const folder = join(root, '.storyreel', `test-${randomUUID().slice(0, 8)}`);
  await mkdir(folder, { recursive: true });
  const stack = await startStack({
    stateDir: folder,
    env: { STORYREEL_TOOLS_DIR: join(root, '.storyreel', 'tools'), ...process.env },
    persistent: false,
    report: ({ service, message }) => process.stderr.write(`  ${service.padEnd(9)} ${message}\n`),
  });
  const studio = await startStudio({ stateDir: join(folder, 'studio'), ffmpegPath: stack.ffmpegPath });
  (globalThis as { storyreelTest?: Shared }).storyreelTest = { stack, studio, folder };

  const database = new URL(stack.postgres.url);
  const dataSource = createDataSource({ url: database.href });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.destroy();

  Object.assign(process.env, {
    NODE_ENV: 'test',
    STORYREEL_TEST_FOLDER: folder,
    STORYREEL_TEST_TEMPORAL_ADDRESS: stack.temporal.address,
    STORYREEL_TEST_TEMPORAL_PROGRAM: stack.temporal.program,
    STORYREEL_TEST_POSTGRES_URL: database.href,
    STORYREEL_TEST_REDIS_URL: stack.redis.url,
    STORYREEL_TEST_STUDIO_URL: studio.url,
    STORYREEL_FFMPEG: stack.ffmpegPath,
  });
}

export async function stopShared(): Promise<void> {
  const shared = (globalThis as { storyreelTest?: Shared }).storyreelTest;
  if (!shared) return;
  for (const line of countedWarnings(shared.folder)) process.stderr.write(`  counted: ${line}\n`);
  await shared.studio.close();
  await shared.stack.stop();
  await rm(shared.folder, { recursive: true, force: true });
}
