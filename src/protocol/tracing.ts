/** The header under which Temporal's SDKs, in every language, carry a trace from call to call: W3C trace context as JSON. */
export const TRACE_HEADER = '_tracer-data';

/** W3C trace context, as it travels. */
export interface TraceCarrier {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/**
 * What workflow code reports to the worker about a run, for its spans. Times are the workflow's own, in milliseconds.
 * This data never reaches Temporal's history, and a replay does not report it again.
 */
export interface RunTraces {
  readonly ended: (end: {
    /** The span that started the run; absent without tracing. */
    readonly carrier?: TraceCarrier;
    readonly at: number;
    readonly outcome: 'completed' | 'continued' | 'cancelled' | 'failed';
  }) => void;
  /** A signal or an update came in. */
  readonly messaged: (message: {
    readonly carrier: TraceCarrier;
    readonly run?: TraceCarrier;
    readonly name: string;
    readonly at: number;
  }) => void;
}

/**
 * The id of the span of a workflow run. Workflow code needs the id before the span exists, and needs the same id at
 * every replay. Therefore the id is cut from the run's own id.
 */
export function spanIdOfRun(runId: string): string {
  return runId.replaceAll('-', '').slice(16);
}

/** The trace of a run that was started without tracing. */
export function traceOfRun(runId: string): TraceCarrier {
  return { traceparent: `00-${runId.replaceAll('-', '')}-${spanIdOfRun(runId)}-01` };
}

/** The same trace, seen from the span of the run; undefined for what is no trace context. */
export function withinRun(carrier: TraceCarrier, runId: string): TraceCarrier | undefined {
  const [, trace, flags] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(carrier.traceparent) ?? [];
  return trace && flags ? { ...carrier, traceparent: `00-${trace}-${spanIdOfRun(runId)}-${flags}` } : undefined;
}
