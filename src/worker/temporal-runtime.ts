import { IllegalStateError } from '@temporalio/common';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type LogLevel,
  type RuntimeOptions,
} from '@temporalio/worker';
import type { Logger } from '../logger';
import { projectIdOfWorkflow } from '../protocol';
import { freeAddress } from './free-address';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

const SCRAPE_MS = 2_000;
const MAX_PORTS = 5;
/** Temporal's own buckets begin at 0.1 s, which is slower than almost every success. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

let installed: Promise<string | undefined> | undefined;

/** The levels of Temporal's own lines, by our level. */
const CHATTER: Readonly<Record<string, { readonly core: LogLevel; readonly other: LogLevel; readonly sdk: LogLevel }>> =
  {
    debug: { core: 'INFO', other: 'WARN', sdk: 'DEBUG' },
    trace: { core: 'DEBUG', other: 'INFO', sdk: 'TRACE' },
  };
const QUIET = { core: 'WARN', other: 'ERROR', sdk: 'INFO' } as const;

/** Each activity logs its own end, and a run its own. A lane's queue has activities only, by design. */
const SAID_OTHERWISE = /^(Activity |Workflow (started|completed|continued)|No workflows registered)/;

/**
 * Writes Temporal's own logs into ours and, on request, counts its metrics. Its runtime exists once per process, so
 * only the first call decides. A runtime of the program around the worker stays. Resolves with the address of the
 * metrics, on this machine only; undefined if none are counted.
 */
export function installTemporalRuntime(logger: Logger, countMetrics: boolean): Promise<string | undefined> {
  return (installed ??= install(logger, countMetrics).catch((error: unknown) => {
    if (!(error instanceof IllegalStateError)) throw error;
    logger.warn('this process had a runtime of Temporal before: its logs and metrics stay as that runtime has them');
    return undefined;
  }));
}

/** Temporal's metrics in the format of Prometheus; empty if they cannot be read now. */
export async function temporalMetrics(address: string | undefined): Promise<string> {
  if (address === undefined) return '';
  const signal = AbortSignal.timeout(SCRAPE_MS);
  return fetch(`http://${address}/metrics`, { signal })
    .then((response) => (response.ok ? response.text() : ''))
    .catch(() => '');
}

async function install(logger: Logger, countMetrics: boolean): Promise<string | undefined> {
  // The core writes to stderr itself, unless it is set to forward its lines.
  const { core, other, sdk } = CHATTER[logger.level] ?? QUIET;
  const logging = { filter: makeTelemetryFilterString({ core, other }), forward: {} };
  const options: RuntimeOptions = {
    telemetryOptions: { logging },
    logger: new DefaultLogger(sdk, ({ level, message, meta }) => {
      if (SAID_OTHERWISE.test(message)) return;
      const { error, ...fields } = (meta ?? {}) as Meta;
      // A run fails with what its activity has failed with, which has its line.
      const kind =
        error instanceof Error ? { failure: (error as Error & { type?: string | null }).type ?? error.name } : {};
      logger[LEVELS[level]]({ ...fields, ...kind, ...ofRun(fields) }, message);
    }),
    // The embedding process decides what a signal means.
    shutdownSignals: [],
  };
  if (!countMetrics) {
    Runtime.install(options);
    return undefined;
  }
  for (let tries = 1; ; tries++) {
    // The runtime cannot report its port, so the port is chosen before.
    const bindAddress = await freeAddress();
    try {
      const prometheus = {
        bindAddress,
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
        histogramBucketOverrides: {
          activity_schedule_to_start_latency: SECONDS,
          workflow_task_execution_latency: SECONDS,
        },
      };
      Runtime.install({ ...options, telemetryOptions: { logging, metrics: { prometheus } } });
      return bindAddress;
    } catch (error) {
      // Another process was faster to take the port.
      if (tries === MAX_PORTS || error instanceof IllegalStateError) throw error;
    }
  }
}

interface Meta {
  readonly error?: unknown;
  readonly workflowId?: unknown;
  readonly runId?: unknown;
}

function ofRun({ workflowId, runId }: Meta): { projectId?: string; trace_id?: string } {
  const projectId = typeof workflowId === 'string' ? projectIdOfWorkflow(workflowId) : undefined;
  return {
    ...(projectId && { projectId }),
    ...(typeof runId === 'string' && { trace_id: runId.replaceAll('-', '') }),
  };
}
