/** The services that all suites of one test run share: prints their addresses, and ends with its standard input. */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSandbox } from '../sandbox';

async function main([root = '', folder = '']: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const ended = once(process.stdin.resume(), 'close');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const sandbox = await openSandbox({
    folder,
    env: { STORYREEL_TOOLS_DIR: join(root, '.storyreel', 'tools'), ...process.env },
    report: ({ service, message }) => process.stderr.write(`  ${service.padEnd(9)} ${message}\n`),
  });
  const env = {
    STORYREEL_TEST_FOLDER: folder,
    STORYREEL_TEST_TEMPORAL_ADDRESS: sandbox.stack.temporal.address,
    STORYREEL_TEST_TEMPORAL_PROGRAM: sandbox.stack.temporal.program,
    STORYREEL_TEST_POSTGRES_URL: sandbox.stack.postgres.url,
    STORYREEL_TEST_REDIS_URL: sandbox.stack.redis.url,
    STORYREEL_TEST_STUDIO_URL: sandbox.studio.url,
    STORYREEL_FFMPEG: sandbox.stack.ffmpegPath,
  };
  process.stdout.write(`${JSON.stringify(env)}\n`);
  await ended;
  await sandbox.close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`test-services: ${(error as Error).stack}\n`);
  process.exitCode = 1;
  // An open input would keep a process alive that has nothing to offer, and whoever has started it would wait for ever.
  process.stdin.destroy();
});
