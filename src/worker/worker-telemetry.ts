import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config';
import type { Logger } from '../logger';
import { activitySpans, runSpans, serveMetrics, SILENT_RUNS, startTracing, StoryMetrics } from '../telemetry';
import type { Health } from './health';
import { activityLogs } from './activity-logs';
import { installTemporalRuntime, temporalMetrics } from './temporal-runtime';

export interface WorkerTelemetry {
  readonly metrics?: StoryMetrics;
  /** The address that Prometheus scrapes. */
  readonly metricsUrl?: string;
  readonly workerOptions: Pick<WorkerOptions, 'interceptors' | 'sinks'>;
  close(): Promise<void>;
}

/**
 * Opens what the settings ask for, and nothing else: metrics with the worker's health, traces, and Temporal's logs in
 * ours.
 */
export async function openTelemetry(config: Config, logger: Logger, health: Health): Promise<WorkerTelemetry> {
  const { METRICS_ADDRESS: address } = config;
  const temporal = await installTemporalRuntime(logger, address !== undefined);
  const metrics = address === undefined ? undefined : new StoryMetrics();
  const server =
    address && metrics && (await serveMetrics(address, metrics, () => temporalMetrics(temporal), health.pages));
  metrics?.observeProcess();
  const tracing = await startTracing(config, 'storyreel-worker', logger);
  return {
    ...(metrics && { metrics }),
    ...(server && { metricsUrl: server.url }),
    workerOptions: tracing
      ? { interceptors: { activity: [activitySpans, activityLogs(logger)] }, sinks: runSpans(tracing.ids) }
      : { interceptors: { activity: [activityLogs(logger)] }, sinks: SILENT_RUNS },
    close: async () => {
      await (server && server.close());
      await tracing?.close();
    },
  };
}
