import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type LogLevel,
  type RuntimeOptions,
} from '@temporalio/worker';
import type { Logger } from '../logger';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

const SCRAPE_MS = 2_000;
const MOST_PORTS = 5;
/** Temporal's own begin at 0.1 s, where everything that goes well lies. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

let installed: Promise<string | undefined> | undefined;

/**
 * Brings Temporal's own logs into ours and, on request, has its metrics counted. Its runtime exists once per process, so
 * only the first call decides. Resolves with where the metrics are, on this machine only; undefined where none are counted.
 */
export function installTemporalRuntime(logger: Logger, countMetrics: boolean): Promise<string | undefined> {
  return (installed ??= install(logger, countMetrics));
}

/** Temporal's metrics as Prometheus reads them; empty where they cannot be had now. */
export async function temporalMetrics(address: string | undefined): Promise<string> {
  if (address === undefined) return '';
  const signal = AbortSignal.timeout(SCRAPE_MS);
  return fetch(`http://${address}/metrics`, { signal })
    .then((response) => (response.ok ? response.text() : ''))
    .catch(() => '');
}

async function install(logger: Logger, countMetrics: boolean): Promise<string | undefined> {
  // The core writes to stderr by itself, unless it is told to hand its lines over.
  const logging = { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} };
  const options: RuntimeOptions = {
    telemetryOptions: { logging },
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...fields } = (meta ?? {}) as { error?: unknown };
      // An activity's failure was logged where it was classified; here only what kind it was.
      const kind =
        error instanceof Error ? { failure: (error as Error & { type?: string | null }).type ?? error.name } : {};
      // A lane's queue has activities only, by design.
      if (message.startsWith('No workflows registered')) return;
      logger[LEVELS[level]]({ ...fields, ...kind }, message);
    }),
    // The embedding process decides what a signal means.
    shutdownSignals: [],
  };
  if (!countMetrics) {
    Runtime.install(options);
    return undefined;
  }
  for (let tries = 1; ; tries++) {
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
      if (tries === MOST_PORTS) throw error;
    }
  }
}

/** The runtime cannot say which port it got, so it is told one. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
