/** The services that all suites of one run of the tests share: prints where they are, and ends with its standard input. */
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDataSource, migrate } from '../../src/entities';
import { startStack } from '../stack';
import { startStudio } from '../studio';

async function main([root = '', folder = '']: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const ended = once(process.stdin.resume(), 'close');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const stack = await startStack({
    stateDir: folder,
    env: { STORYREEL_TOOLS_DIR: join(root, '.storyreel', 'tools'), ...process.env },
    persistent: false,
    report: ({ service, message }) => process.stderr.write(`  ${service.padEnd(9)} ${message}\n`),
  });
  const studio = await startStudio({ stateDir: join(folder, 'studio'), ffmpegPath: stack.ffmpegPath });
  const dataSource = createDataSource({ url: stack.postgres.url });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  const env = {
    STORYREEL_TEST_FOLDER: folder,
    STORYREEL_TEST_TEMPORAL_ADDRESS: stack.temporal.address,
    STORYREEL_TEST_TEMPORAL_PROGRAM: stack.temporal.program,
    STORYREEL_TEST_POSTGRES_URL: stack.postgres.url,
    STORYREEL_TEST_REDIS_URL: stack.redis.url,
    STORYREEL_TEST_STUDIO_URL: studio.url,
    STORYREEL_FFMPEG: stack.ffmpegPath,
  };
  process.stdout.write(`${JSON.stringify(env)}\n`);
  await ended;
  await studio.close();
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`test-services: ${(error as Error).stack}\n`);
  process.exitCode = 1;
});
