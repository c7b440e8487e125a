import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Context } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import { spanIdOfRun, traceOfRun, type RunTraces } from '../protocol';
import { contextOf } from './run-carrier';
import { tracer } from './spans';

/** Random ids, but for the span of a run, whose id its workflow has told its activities long before. */
export class RunIds implements IdGenerator {
  private next: { readonly traceId: string; readonly spanId: string } | undefined;

  generateTraceId = (): string => this.next?.traceId ?? randomBytes(16).toString('hex');
  generateSpanId = (): string => this.next?.spanId ?? randomBytes(8).toString('hex');

  /** What starts a span in `work` starts the span of this run. */
  ofRun<T>(runId: string, work: () => T): T {
    this.next = { traceId: runId.replaceAll('-', ''), spanId: spanIdOfRun(runId) };
    try {
      return work();
    } finally {
      this.next = undefined;
    }
  }
}

/** Of the worker's `WorkflowInfo`, whose package a client does without. */
interface RunInfo {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly runId: string;
  readonly startTime: Date;
}

/** What the worker takes as its `InjectedSinks`. */
type RunSinks = Record<
  'traces',
  { [Method in keyof RunTraces]: { fn(info: RunInfo, ...args: Parameters<RunTraces[Method]>): void } }
>;

/** Takes what workflow code tells, and lets it be. A sink that is missing would be an error in the log. */
export const SILENT_RUNS: RunSinks = {
  traces: { ended: { fn: () => undefined }, messaged: { fn: () => undefined } },
};

/**
 * The spans of workflow runs, made in the worker, because the sandbox has no OpenTelemetry: it would double the bundle, and
 * yield where the workflow does not. A run's span is known when the run has ended, wherever it ends.
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
