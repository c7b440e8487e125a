export { activitySpans } from './activity-spans';
export { clientSpans } from './client-spans';
export { serveMetrics, type MetricsServer, type StatusPage } from './metrics-server';
export { providerCall, type ProviderCall } from './provider-call';
export { traceIdOf } from './run-carrier';
export { runSpans, SILENT_RUNS } from './run-spans';
export { StoryMetrics } from './story-metrics';
export type { TextMeter } from './text-meter';
export { startTracing, type Tracing } from './tracing';
