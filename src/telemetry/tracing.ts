import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { shownHosts } from '../address';
import type { Config } from '../config';
import type { Logger } from '../logger';
import { withTimeout } from '../with-timeout';
import { RunIds } from './run-spans';
import { ReportingExporter } from './reporting-exporter';

/** Traces of this process. */
export interface Tracing {
  /** @internal The source of ids for the spans of runs. */
  readonly ids: RunIds;
  /** Sends what is left, for two seconds at most, and ends tracing in this process. */
  close(): Promise<void>;
}

const EXPORT_MS = 3_000;
const CLOSE_MS = 2_000;

/**
 * Sends this process's spans to OTEL_EXPORTER_OTLP_ENDPOINT. Their service is `service`, unless OTEL_SERVICE_NAME or
 * the `service.name` of OTEL_RESOURCE_ATTRIBUTES is set. Undefined if no endpoint is set; OpenTelemetry is not even
 * loaded then. If the collector is away, only spans are lost.
 */
export async function startTracing(config: Config, service: string, logger?: Logger): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const [core, hooks, otlp, resources, sdk] = await Promise.all([
    import('@opentelemetry/core'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-base'),
  ]);
  const ids = new RunIds();
  const exporter = new otlp.OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_MS,
    headers: core.parseKeyPairsIntoRecord(config.OTEL_EXPORTER_OTLP_HEADERS),
  });
  const provider = new sdk.BasicTracerProvider({
    idGenerator: ids,
    resource: resources.resourceFromAttributes({
      'service.name': service,
      ...core.parseKeyPairsIntoRecord(config.OTEL_RESOURCE_ATTRIBUTES),
      ...(config.OTEL_SERVICE_NAME !== undefined && { 'service.name': config.OTEL_SERVICE_NAME }),
    }),
    spanProcessors: [new sdk.BatchSpanProcessor(new ReportingExporter(exporter, shownHosts(endpoint), logger))],
  });
  if (logger) listenTo(logger);
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    ids,
    close: async () => {
      const ended = provider.shutdown().catch(() => undefined);
      await withTimeout(ended, CLOSE_MS, undefined);
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
}

/** OpenTelemetry's own messages. `ReportingExporter` reports the losses among them, each once. */
function listenTo(logger: Logger): void {
  const write = (message: string) => logger.debug({ source: 'opentelemetry' }, message);
  const silent = () => undefined;
  const levels = { error: write, warn: write, info: silent, debug: silent, verbose: silent };
  diag.setLogger(levels, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
