import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import {
  announceSettings,
  createLaneActivities,
  createReconcileActivities,
  createRunActivities,
  tryFfmpeg,
  type ActivityDeps,
} from '../activities';
import type { Config } from '../config';
import { databaseUnreachable } from '../entities';
import type { Logger } from '../logger';
import { LANE_KINDS, laneQueue, StoryreelError, type LaneKind } from '../protocol';
import { OUR_ADAPTERS, type ProviderAdapters } from '../providers';
import { waitForNeeds } from '../readiness';
import { StageRegistry } from '../stages';
import { deploymentOptions } from './deployment-options';
import { Health } from './health';
import { withHostActivities, type HostActivities } from './host-activities';
import { logRedisMemory } from './redis-memory-line';
import { TemporalRuns } from './temporal-runs';
import { WatchedBuild } from './watched-build';
import { reportingFaults } from './watched-disks';
import { workerNeeds } from './worker-needs';
import { workerFailure } from './worker-failure';
import type { WorkerExtras } from './worker-options';
import { openWorkerServices } from './worker-services';
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

/**
 * How long after the grace time work is given up that does not react to its cancellation. A deploy must allow for this
 * time and for that of closing the services.
 */
const FORCE_AFTER_MS = 4_000;
const BEAT_THROTTLE_MS = 100;

/** Starts what `createWorker` promises, with options that have been checked. */
export async function startWorker(config: Config, logger: Logger, extras: WorkerExtras): Promise<RunningWorker> {
  const { signal, stages = [], providers = {}, activities = {} } = extras;
  const registry = new StageRegistry(stages);
  const adapters = namesOf(providers);
  const health = new Health();
  const services = await openWorkerServices(config, logger, health, extras);
  const { connection, converter, dataSource, diskFaults, redis, stops, store, telemetry } = services;
  const { metrics, metricsUrl } = telemetry;
  let build: WatchedBuild | undefined;
  const close = async () => {
    build?.close();
    await services.close();
  };
  try {
    await dataSource.initialize().catch((cause: unknown) => {
      throw databaseUnreachable(cause);
    });
    const needs = workerNeeds({ connection, dataSource, redis, media: store }, config);
    const onLook = health.waits.bind(health);
    await waitForNeeds(needs, { logger, onLook, ...(signal && { signal }) });
    // The check is not awaited: a worker that only writes texts needs no ffmpeg.
    void tryFfmpeg(config).then(({ fault }) => {
      if (fault !== undefined) logger.error({ fault, ffmpeg: config.FFMPEG_PATH }, 'ffmpeg can make no film');
    });
    const deps = {
      dataSource,
      log: redis.log,
      control: redis.control,
      stops,
      config,
      logger,
      media: reportingFaults(store, diskFaults.media),
      runs: new TemporalRuns(connection, config.TEMPORAL_NAMESPACE, converter),
      onDiskFault: diskFaults.media,
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
