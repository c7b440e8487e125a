import type { NativeConnection } from '@temporalio/worker';
import type { DataSource } from 'typeorm';
import type { Config } from '../config';
import { createDataSource, ModelProvider } from '../entities';
import type { OpenedRedis } from '../stream';
import { OPEN_STATUSES, type SeenServices, type SeenWork, type StoryMetrics } from '../telemetry';
import { withTimeout } from '../with-timeout';

/** A service that does not answer within this time is away. A scrape of Prometheus takes 10 s at the most by default. */
const TIMEOUT_MS = 2_000;

interface Watched {
  readonly connection: Pick<NativeConnection, 'withDeadline' | 'workflowService'>;
  readonly redis: Pick<OpenedRedis, 'write'>;
  /** The data source whose pool is shown. */
  readonly dataSource: DataSource;
}

/** pg's own pool, as TypeORM keeps it. */
interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number };
}

/**
 * Looks at the services and at the work that waits in Postgres, for the metrics. Postgres is asked on a connection of its own:
 * a pool that is used up is no outage.
 */
export class WatchedServices {
  private readonly own: DataSource;
  private opening: Promise<DataSource> | undefined;

  constructor(
    private readonly watched: Watched,
    private readonly metrics: StoryMetrics,
    { DATABASE_URL: url, OPENAI_BASE_URL, OPENAI_API_KEY, ...config }: Config,
  ) {
    this.own = createDataSource({
      url,
      poolSize: 1,
      acquireTimeoutMs: TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
      applicationName: 'storyreel-metrics',
    });
    const { providers, services } = metrics;
    if (OPENAI_BASE_URL ?? OPENAI_API_KEY) providers.admit('text', 'environment');
    if (config.STORYREEL_IMAGE_BASE_URL) providers.admit('image', 'environment');
    if (config.STORYREEL_VIDEO_BASE_URL) providers.admit('video', 'environment');
    services.watch(() => this.look());
  }

  async close(): Promise<void> {
    const opened = await this.opening?.catch(() => undefined);
    await opened?.destroy();
  }

  private async look(): Promise<SeenServices> {
    const { connection, redis, dataSource } = this.watched;
    const [temporal, isRedisUp, work] = await Promise.all([
      answers(() =>
        connection.withDeadline(Date.now() + TIMEOUT_MS, () => connection.workflowService.getSystemInfo({})),
      ),
      answers(() => redis.write()),
      within(() => this.work()),
    ]);
    const { totalCount, idleCount, waitingCount, options } = Reflect.get(dataSource.driver, 'master') as Pool;
    return {
      up: { temporal, redis: isRedisUp, postgres: work?.isWritable === true },
      ...(work && { work }),
      pool: {
        most: options.max ?? 0,
        idle: idleCount,
        waiting: waitingCount,
        inUse: Math.max(0, totalCount - idleCount),
      },
    };
  }

  private open(): Promise<DataSource> {
    return (this.opening ??= this.own.initialize().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    }));
  }

  private async work(): Promise<SeenWork & { readonly isWritable: boolean }> {
    const { manager } = await this.open();
    for (const { kind, name } of await manager.find(ModelProvider, { where: { enabled: true } }))
      this.metrics.providers.admit(kind, name);
    const runs = await manager.query<{ status: string; count: number }[]>(
      'SELECT status, count(*)::int AS count FROM projects WHERE status = ANY ($1::text[]) GROUP BY status',
      [OPEN_STATUSES],
    );
    const parked = await manager.query<{ stage: string; count: number; oldestSeconds: number }[]>(
      `SELECT stage, count(*)::int AS count,
              greatest(0, coalesce(extract(epoch FROM now() - min(finished_at)), 0))::float8 AS "oldestSeconds"
       FROM lanes WHERE status = 'needs_attention' GROUP BY stage`,
    );
    const [setting] = await manager.query<{ transaction_read_only: string }[]>('SHOW transaction_read_only');
    return {
      isWritable: setting?.transaction_read_only === 'off',
      runs: Object.fromEntries(runs.map(({ status, count }) => [status, count])),
      parked: Object.fromEntries(parked.map(({ stage, ...lanes }) => [stage, lanes])),
    };
  }
}

async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  return (await within(() => ask().then(() => true))) ?? false;
}

/** Undefined if it failed, or took too long. */
async function within<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return withTimeout(
    ask().catch(() => undefined),
    TIMEOUT_MS,
    undefined,
  );
}
