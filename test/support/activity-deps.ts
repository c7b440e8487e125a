import { StopSignals, type ActivityDeps } from '../../src/activities';
import type { Config } from '../../src/config';
import { createDataSource } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { FolderStore } from '../../src/storage';
import { openRedis } from '../../src/stream';
import { TemporalRuns } from '../../src/worker/temporal-runs';
import { withTemporal } from './stories';

/** What a worker's activities work with, on the services of this configuration, for a test that calls one by itself. */
export async function withActivityDeps<T>(config: Config, use: (deps: ActivityDeps) => Promise<T>): Promise<T> {
  const dataSource = createDataSource({ url: config.DATABASE_URL, poolSize: 2 });
  await dataSource.initialize();
  const redis = openRedis(config);
  const { log, control } = redis;
  const stops = new StopSignals(control);
  const media = new FolderStore(config.MEDIA_DIR);
  const logger = createLogger('silent', 'test');
  try {
    return await withTemporal(config, (temporal) => {
      const runs = new TemporalRuns(temporal.connection, config.TEMPORAL_NAMESPACE);
      return use({ dataSource, log, control, stops, media, runs, config, logger });
    });
  } finally {
    stops.close();
    await redis.close();
    await dataSource.destroy();
  }
}
