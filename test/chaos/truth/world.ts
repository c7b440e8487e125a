import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { startStudio, type Studio } from '../../../dev/studio';
import { StoryClient } from '../../../src/client';
import { readConfig, type Config } from '../../../src/config';
import { createDataSource } from '../../../src/entities';
import type { RedisServer, RedisServers } from '../../support/redis-servers';
import { fromSetup, testEnv } from '../../support/services';
import { StudioControl } from '../../support/studio-control';
import { WorkerProcess } from '../../support/worker-process';

/** Prompts cost nothing, because the provider's record does not say how long they were. */
export const PRICES = { inputPerMillion: 0, outputPerMillion: 10, perImage: 0.02, perSecond: 0.01, perVideo: 0.01 };

/** All that one project needs, with a provider, a Redis and a worker of its own to break; Temporal and Postgres are shared. */
export class World {
  readonly control: StudioControl;
  /** When the worker was killed, in milliseconds since 1970. */
  readonly kills: number[] = [];

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    readonly config: Config,
    readonly client: StoryClient,
    readonly temporal: Client,
    readonly rows: DataSource,
    private readonly studio: Studio,
    readonly redis: RedisServer,
    private worker: WorkerProcess,
  ) {
    this.control = new StudioControl(new URL('/', studio.url));
  }

  static async open(servers: RedisServers, prefill: boolean): Promise<World> {
    const folder = join(fromSetup('STORYREEL_TEST_FOLDER'), `truth-${randomUUID().slice(0, 8)}`);
    const studio = await startStudio({
      stateDir: join(folder, 'studio'),
      ffmpegPath: fromSetup('STORYREEL_FFMPEG'),
      tokensPerSecond: 300,
      videoDelayMs: 200,
    });
    const redis = await servers.start('Valkey', ['--appendonly', 'yes', '--appendfsync', 'always']);
    const env = testEnv({
      REDIS_URL: redis.url,
      MEDIA_DIR: join(folder, 'media'),
      OPENAI_BASE_URL: studio.url,
      STORYREEL_IMAGE_BASE_URL: studio.url,
      STORYREEL_VIDEO_BASE_URL: studio.url,
      STORYREEL_PRICES: JSON.stringify(PRICES),
      STORYREEL_TEXT_CONTINUATION: prefill ? 'prefill' : 'none',
      FIRST_TOKEN_TIMEOUT_MS: '2000',
      INTER_CHUNK_TIMEOUT_MS: '1500',
      FRAME_SIZE: '160x90',
    });
    const config = readConfig(env);
    const [client, connection, worker] = await Promise.all([
      StoryClient.connect(config),
      Connection.connect({ address: config.TEMPORAL_ADDRESS }),
      WorkerProcess.start(env),
    ]);
    const rows = createDataSource({ url: config.DATABASE_URL, poolSize: 2 });
    await rows.initialize();
    return new World(env, config, client, new Client({ connection }), rows, studio, redis, worker);
  }

  /** As a crash, with a supervisor that starts the worker again. */
  async killWorker(): Promise<void> {
    this.kills.push(Date.now());
    await this.worker.kill();
    this.worker = await WorkerProcess.start(this.env);
  }

  /** As a deploy: the next one is there before this one is told to stop. */
  async handOver(): Promise<void> {
    const next = await WorkerProcess.start(this.env);
    await this.worker.stop();
    this.worker = next;
  }

  async restartRedis(data: 'kept' | 'gone'): Promise<void> {
    await this.redis.kill();
    await this.redis.startAgain(data);
  }

  get log(): string {
    return this.worker.log;
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.client.close();
    await this.temporal.connection.close();
    await this.rows.destroy();
    await this.studio.close();
    await this.redis.kill();
  }
}
