import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import {
  announceSettings,
  createLaneActivities,
  createReconcileActivities,
  createRunActivities,
  StopSignals,
  tryFfmpeg,
  type ActivityDeps,
} from '../activities';
import type { Config } from '../config';
import { createDataSource, databaseUnreachable } from '../entities';
import { FullDisks } from '../full-disks';
import type { Logger } from '../logger';
import { LANE_KINDS, laneQueue, StoryreelError, type LaneKind } from '../protocol';
import { OUR_ADAPTERS, useProxies, type ProviderAdapters } from '../providers';
import { waitForNeeds } from '../readiness';
import { StageRegistry, type OutsideStage } from '../stages';
import { openMediaStore } from '../storage';
import { openRedis } from '../stream';
import { dataConverter, temporalConnection, temporalUnreachable } from '../temporal';
import { withTimeout } from '../with-timeout';
import { deploymentOptions } from './deployment-options';
import { Health } from './health';
import { withHostActivities, type HostActivities } from './host-activities';
import { logRedisMemory } from './redis-memory-line';
import { TemporalRuns } from './temporal-runs';
import { WatchedBuild } from './watched-build';
import { reportingFaults, watchDisks } from './watched-disks';
import { workerNeeds } from './worker-needs';
import { readExtras, workerFailure } from './worker-options';
import { WatchedServices } from './watched-services';
import { openTelemetry } from './worker-telemetry';
import { workflowSources } from './workflow-sources';
import { WORKFLOW_TIME } from './workflow-time';

/** A worker that serves its task queues. */
export interface RunningWorker {
  /** Takes no more work, gives running work SHUTDOWN_GRACE_MS to end, then hands it over. */
  stop(): Promise<void>;
  /** Resolves when the worker has stopped, rejects when it failed. */
  readonly finished: Promise<void>;
  /** The address of its metrics, if METRICS_ADDRESS is set; `/healthz` and `/readyz` are beside them. */
  readonly metricsUrl?: string;
}

/** What a worker can be given beside its settings. */
export interface WorkerExtras {
  /** Aborts the waiting for what the worker needs. */
  readonly signal?: AbortSignal;
  /** A connection that the program has already. The worker does not close it. */
  readonly connection?: NativeConnection;
  /** Takes the place of PAYLOAD_KEY_FILE. The clients need the same codecs. */
  readonly payloadCodecs?: readonly PayloadCodec[];
  /** Stages that a package brings, each after those that it needs. They are part of every run that names none. */
  readonly stages?: readonly OutsideStage[];
  /** Adapters that a package brings, by the names that rows of `model_providers` have for them. */
  readonly providers?: ProviderAdapters;
  /** Activities that workflows of the program around it call, by the task queue of the settings. */
  readonly activities?: HostActivities;
}

/** After the grace time, work that does not react to its cancellation is given up … */
const FORCE_AFTER_MS = 4_000;
/** … and so are connections to services that hang. Both together are what a deploy must allow for. */
const CLOSE_MS = 1_000;
const BEAT_THROTTLE_MS = 100;

/**
 * One process that serves every task queue. Workflows and a run's own steps share one queue, and each kind of lane has
 * a queue with its own limit. The worker begins when the schema, the namespace, Redis and the media folder are ready,
 * and logs until then what it waits for. Throws `Service.Unreachable` if Temporal or Postgres cannot be reached. Throws
 * `Config.Invalid` if it cannot listen on METRICS_ADDRESS, or a stage or an adapter is refused. If `signal` aborts the waiting,
 * `Worker.ShuttingDown` is thrown.
 */
export async function runWorker(config: Config, logger: Logger, extras: WorkerExtras = {}): Promise<RunningWorker> {
  const given = readExtras(extras);
  try {
    return await startWorker(config, logger, given);
  } catch (error) {
    throw workerFailure(error, given.signal);
  }
}

async function startWorker(
  config: Config,
  logger: Logger,
  { signal, connection: given, payloadCodecs, stages = [], providers = {}, activities = {} }: WorkerExtras,
): Promise<RunningWorker> {
  const registry = new StageRegistry(stages);
  const adapters = namesOf(providers);
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = config;
  const converter = dataConverter(config, payloadCodecs);
  const dataSource = createDataSource({ url, poolSize, oneEach: true, onError: (error) => met.postgres(error) });
  useProxies(config);
  const health = new Health();
  const telemetry = await openTelemetry(config, logger, health);
  const connection =
    given ??
    (await connectNative(config).catch(async (cause: unknown) => {
      await telemetry.close();
      throw cause;
    }));
  const { metrics, metricsUrl } = telemetry;
  const store = await openMediaStore(config);
  const disks = new FullDisks(logger);
  const met = watchDisks(disks, config, {
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
    met.redis,
  );
  const stops = new StopSignals(redis.control);
  let build: WatchedBuild | undefined;
  const services = metrics && new WatchedServices({ connection, redis, dataSource }, metrics, config);
  const closeAll = async () => {
    build?.close();
    disks.close();
    stops.close();
    await services?.close();
    await redis.close();
    if (!given) await connection.close();
    await telemetry.close();
    if (dataSource.isInitialized) await dataSource.destroy();
  };
  const close = () => withTimeout(closeAll(), CLOSE_MS, undefined);
  try {
    await dataSource.initialize().catch((cause: unknown) => {
      throw databaseUnreachable(cause);
    });
    const media = reportingFaults(store, met.media);
    const needs = workerNeeds({ connection, dataSource, redis, media: store }, config);
    const onLook = health.waits.bind(health);
    await waitForNeeds(needs, { logger, onLook, ...(signal && { signal }) });
    // The check is not awaited: a worker that only writes texts needs no ffmpeg.
    void tryFfmpeg(config).then(({ fault }) => {
      if (fault !== undefined) logger.error({ fault, ffmpeg: config.FFMPEG_PATH }, 'ffmpeg can make no film');
    });
    const runs = new TemporalRuns(connection, config.TEMPORAL_NAMESPACE, converter);
    const { log, control } = redis;
    const deps = {
      dataSource,
      log,
      control,
      stops,
      config,
      logger,
      media,
      runs,
      onDiskFault: met.media,
      stages: registry,
      adapters,
      providers,
      ...(metrics && { metrics }),
    };
    await announceSettings(deps).catch((err: Error) =>
      logger.warn({ err: err.message }, 'the settings of this worker could not be stored for "explain"'),
    );
    const workers = await createWorkers(connection, deps, activities, {
      ...telemetry.workerOptions,
      dataConverter: converter,
    });
    const finished = Promise.all(workers.map((worker) => worker.run())).then(close, async (error: unknown) => {
      stopAll(workers);
      // A failure of `close` adds nothing to this error.
      await close().catch(() => undefined);
      throw workerFailure(error);
    });
    const watched = (build = new WatchedBuild(connection, config, logger));
    health.begins({ workers, needs, unused: () => watched.lack });
    logger.info({ taskQueue: config.TEMPORAL_TASK_QUEUE, metrics: metricsUrl }, 'worker is ready');
    void logRedisMemory(redis, logger);
    return {
      ...(metricsUrl !== undefined && { metricsUrl }),
      finished,
      stop: async () => {
        stopAll(workers);
        await finished;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws `Config.Invalid` if one has the name of ours. */
function namesOf(providers: ProviderAdapters): string[] {
  const names = Object.keys(providers);
  const taken = names.find((name) => Object.hasOwn(OUR_ADAPTERS, name));
  if (taken === undefined) return names;
  throw new StoryreelError('Config.Invalid', `The adapter "${taken}" has the name of one that comes with Storyreel.`);
}

async function connectNative(config: Config): Promise<NativeConnection> {
  const options = temporalConnection(config);
  return NativeConnection.connect(options).catch(async (cause: unknown) => {
    throw await temporalUnreachable(options, cause);
  });
}

async function createWorkers(
  connection: NativeConnection,
  deps: ActivityDeps,
  host: HostActivities,
  workerOptions: Pick<WorkerOptions, 'interceptors' | 'sinks' | 'dataConverter'>,
): Promise<Worker[]> {
  const { config } = deps;
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    ...workerOptions,
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    shutdownGraceTime: config.SHUTDOWN_GRACE_MS,
    shutdownForceTime: config.SHUTDOWN_GRACE_MS + FORCE_AFTER_MS,
    ...deploymentOptions(config),
    // Each beat goes out when it is due, because a cancellation comes in its answer; src/activities/lanes/heartbeat.ts is sparing.
    maxHeartbeatThrottleInterval: BEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: BEAT_THROTTLE_MS,
  };
  const caps: Readonly<Record<LaneKind, number>> = {
    text: config.TEXT_CONCURRENCY,
    image: config.IMAGE_CONCURRENCY,
    video: config.VIDEO_CONCURRENCY,
    film: config.FILM_CONCURRENCY,
  };
  const laneActivities = createLaneActivities(deps);
  const base = config.TEMPORAL_TASK_QUEUE;
  return Promise.all([
    Worker.create({
      ...common,
      ...WORKFLOW_TIME,
      taskQueue: base,
      workflowBundle: await workflowBundle(),
      activities: withHostActivities({ ...createRunActivities(deps), ...createReconcileActivities(deps) }, host),
    }),
    ...LANE_KINDS.map((kind) =>
      Worker.create({
        ...common,
        taskQueue: laneQueue(base, kind),
        activities: laneActivities[kind],
        maxConcurrentActivityTaskExecutions: caps[kind],
      }),
    ),
  ]);
}

/** Made by the build; if the sources run directly, it is made now. */
async function workflowBundle(): Promise<WorkflowBundleOption> {
  const folder = join(__dirname, '..', 'workflows');
  const codePath = join(folder, 'bundle.js');
  return existsSync(codePath)
    ? { codePath }
    : bundleWorkflowCode({
        ...workflowSources(folder),
        logger: new DefaultLogger('ERROR'),
      });
}

function stopAll(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}
