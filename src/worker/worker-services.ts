import type { PayloadCodec } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import type { DataSource } from 'typeorm';
import { StopSignals } from '../activities';
import type { Config } from '../config';
import { createDataSource } from '../entities';
import { FullDisks } from '../full-disks';
import type { Logger } from '../logger';
import { useProxies } from '../providers';
import { openMediaStore, type MediaStore } from '../storage';
import { openRedis, type OpenedRedis } from '../stream';
import { dataConverter, temporalConnection, temporalUnreachable } from '../temporal';
import { withTimeout } from '../with-timeout';
import type { Health } from './health';
import { watchDisks } from './watched-disks';
import { WatchedServices } from './watched-services';
import { openTelemetry, type WorkerTelemetry } from './worker-telemetry';

/** How long connections to services that hang may take to close; then they are given up. */
const CLOSE_MS = 1_000;

/** What a worker holds open from its start to its end. */
export interface WorkerServices {
  readonly connection: NativeConnection;
  readonly converter: ReturnType<typeof dataConverter>;
  /** Not initialized yet. */
  readonly dataSource: DataSource;
  readonly redis: OpenedRedis;
  readonly store: MediaStore;
  readonly stops: StopSignals;
  readonly telemetry: WorkerTelemetry;
  /** Takes the faults of each service, and finds out whether its disk is full. */
  readonly diskFaults: ReturnType<typeof watchDisks>;
  /** Closes everything but a connection that the program gave. */
  close(): Promise<unknown>;
}

/** Throws `Service.Unreachable` if Temporal cannot be reached, and `Config.Invalid` for a wrong METRICS_ADDRESS. */
export async function openWorkerServices(
  config: Config,
  logger: Logger,
  health: Health,
  {
    connection: given,
    payloadCodecs,
  }: { readonly connection?: NativeConnection; readonly payloadCodecs?: readonly PayloadCodec[] },
): Promise<WorkerServices> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = config;
  const converter = dataConverter(config, payloadCodecs);
  const dataSource = createDataSource({ url, poolSize, oneEach: true, onError: (error) => diskFaults.postgres(error) });
  useProxies(config);
  const telemetry = await openTelemetry(config, logger, health);
  const connection =
    given ??
    (await connectNative(config).catch(async (cause: unknown) => {
      await telemetry.close();
      throw cause;
    }));
  const { metrics } = telemetry;
  const store = await openMediaStore(config);
  const disks = new FullDisks(logger);
  const diskFaults = watchDisks(disks, config, {
    dataSource: () => dataSource,
    probeMedia: () => store.probe(),
    writeToRedis: () => redis.write(),
  });
  const redis = openRedis(
    config,
    {
      warn: (fields, message) => logger.warn(fields, message),
      refused: (cause) => metrics?.logRefusals.of({ cause }).add(1),
    },
    diskFaults.redis,
  );
  const stops = new StopSignals(redis.control);
  const services = metrics && new WatchedServices({ connection, redis, dataSource }, metrics, config);
  const closeAll = async () => {
    disks.close();
    stops.close();
    await services?.close();
    await redis.close();
    if (!given) await connection.close();
    await telemetry.close();
    if (dataSource.isInitialized) await dataSource.destroy();
  };
  const close = () => withTimeout(closeAll(), CLOSE_MS, undefined);
  return { connection, converter, dataSource, redis, store, stops, telemetry, diskFaults, close };
}

async function connectNative(config: Config): Promise<NativeConnection> {
  const options = temporalConnection(config);
  return NativeConnection.connect(options).catch(async (cause: unknown) => {
    throw await temporalUnreachable(options, cause);
  });
}
