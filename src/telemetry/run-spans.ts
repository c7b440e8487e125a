import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Context } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import { spanIdOfRun, traceOfRun, type RunTraces } from '../protocol';
import { contextOf } from './run-carrier';
import { tracer } from './spans';

/** Random ids, except for the span of a run: its workflow has passed that id to its activities before. */
export class RunIds implements IdGenerator {
  private next: { readonly traceId: string; readonly spanId: string } | undefined;

  generateTraceId = (): string => this.next?.traceId ?? randomBytes(16).toString('hex');
  generateSpanId = (): string => this.next?.spanId ?? randomBytes(8).toString('hex');

  /** If `work` starts a span, it is the span of this run. */
  ofRun<T>(runId: string, work: () => T): T {
    this.next = { traceId: runId.replaceAll('-', ''), spanId: spanIdOfRun(runId) };
    try {
      return work();
    } finally {
      this.next = undefined;
    }
  }
}

/** The fields that we use of the worker's `WorkflowInfo`; a client does not have its package. */
interface RunInfo {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly runId: string;
  readonly startTime: Date;
}

/** The type that the worker accepts as its `InjectedSinks`. */
type RunSinks = Record<
  'traces',
  { [Method in keyof RunTraces]: { fn(info: RunInfo, ...args: Parameters<RunTraces[Method]>): void } }
>;

/** Ignores the reports of workflow code. Without this sink, each report would be an error in the log. */
export const SILENT_RUNS: RunSinks = {
  traces: { ended: { fn: () => undefined }, messaged: { fn: () => undefined } },
};

/**
 * The spans of workflow runs. They are made in the worker, because OpenTelemetry in the sandbox would double the
 * bundle, and yield where the workflow does not. A run's span is made when the run has ended, on whichever worker that
 * happens.
 */
export function runSpans(ids: RunIds): RunSinks {
  const span = (name: string, parent: Context, from: number, to: number, attributes: Attributes) => {
    const started = tracer().startSpan(name, { kind: SpanKind.INTERNAL, startTime: from, attributes }, parent);
    return { started, end: () => started.end(to) };
  };
  return {
    traces: {
      ended: {
        fn: (info, { carrier, at, outcome }) => {
          const attributes = { ...of(info), 'storyreel.outcome': outcome };
          const parent = carrier ? contextOf(carrier) : ROOT_CONTEXT;
          const { started, end } = ids.ofRun(info.runId, () =>
            span(`RunWorkflow:${info.workflowType}`, parent, info.startTime.getTime(), at, attributes),
          );
          if (outcome === 'failed') started.setStatus({ code: SpanStatusCode.ERROR });
          end();
        },
      },
      messaged: {
        fn: (info, { carrier, run, name, at }) => {
          const { started, end } = span(name, contextOf(carrier), at, at, of(info));
          const linked = trace.getSpanContext(contextOf(run ?? traceOfRun(info.runId)));
          if (linked) started.addLink({ context: linked });
          end();
        },
      },
    },
  };
}

function of({ workflowId, runId }: { readonly workflowId: string; readonly runId: string }): Attributes {
  return { temporalWorkflowId: workflowId, temporalRunId: runId };
}
