import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveShell } from './child-env';
import { createDataSource, migrate } from '../src/entities';
import { startStack, type Report, type Stack } from './stack';
import { startStudio, type Studio } from './studio';

/** Embedded services with a migrated database, and the studio beside them: all that a worker needs, and nothing that lasts. */
export interface Sandbox {
  readonly folder: string;
  readonly stack: Stack;
  readonly studio: Studio;
  /** The environment of a worker or a client on these services. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the services and removes the folder. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** Is removed at the end. */
  readonly folder: string;
  /**
   * Default: that of this process, which forgets what a shell has for other programs. The services that it names play no
   * part: nothing here may change their data.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: nothing is reported. */
  readonly report?: Report;
  /** Speed of the studio's texts; default: no delay. */
  readonly tokensPerSecond?: number;
}

export async function openSandbox({
  folder,
  env = process.env,
  report = () => undefined,
  tokensPerSecond = 0,
}: SandboxOptions): Promise<Sandbox> {
  leaveShell(process.env);
  const { TEMPORAL_ADDRESS: _t, DATABASE_URL: _d, REDIS_URL: _r, ...rest } = env;
  const stack = await startStack({ stateDir: folder, env: rest, persistent: false, frugal: true, report });
  const studio = await startStudio({
    strict: true,
    stateDir: join(folder, 'studio'),
    ffmpegPath: stack.ffmpegPath,
    tokensPerSecond,
  });
  const dataSource = createDataSource({ url: stack.postgres.url });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  return {
    folder,
    stack,
    studio,
    env: {
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
    },
    close: async () => {
      await studio.close();
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
