import { defaultPayloadConverter, TemporalFailure, type Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  isCancellation,
  proxySinks,
  workflowInfo,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { TRACE_HEADER, withinRun, type RunTraces, type TraceCarrier } from '../protocol';

type Sinks = { traces: { [Method in keyof RunTraces]: RunTraces[Method] } };
type Outcome = Parameters<RunTraces['ended']>[0]['outcome'];

/**
 * Passes a run's trace on to its activities and children, and reports the end of the run to the worker. A trace must
 * not change what a workflow does. Every intercepted call is passed on in the same step, without a promise of its own,
 * and a replay does not compare headers. Histories therefore replay with and without tracing.
 */
export function interceptors(): WorkflowInterceptors {
  const { traces } = proxySinks<Sinks>();
  let run: TraceCarrier | undefined;
  const handOn = <Input extends { readonly headers: Headers }>(input: Input): Input =>
    run ? { ...input, headers: { ...input.headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(run) } } : input;
  const messaged = (name: string, headers: Headers) => {
    const carrier = carrierIn(headers);
    if (carrier) traces.messaged({ carrier, ...(run && { run }), name, at: Date.now() });
  };

  return {
    inbound: [
      {
        execute: (input, next) => {
          const carrier = carrierIn(input.headers);
          run = carrier && withinRun(carrier, workflowInfo().runId);
          const end = (outcome: Outcome | undefined) => {
            if (outcome) traces.ended({ ...(run && carrier && { carrier }), at: Date.now(), outcome });
          };
          const result = next(input);
          result.then(
            () => end('completed'),
            (error: unknown) => end(outcomeOf(error)),
          );
          return result;
        },
        handleUpdate: (input, next) => {
          messaged(`HandleUpdate:${input.name}`, input.headers);
          return next(input);
        },
        handleSignal: (input, next) => {
          messaged(`HandleSignal:${input.signalName}`, input.headers);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(handOn(input)),
        startChildWorkflowExecution: (input, next) => next(handOn(input)),
        continueAsNew: (input, next) => next(handOn(input)),
      },
    ],
  };
}

/** Undefined, too, for a header that somebody wrote in another way: it must not stop a run. */
function carrierIn(headers: Headers): TraceCarrier | undefined {
  const payload = headers[TRACE_HEADER];
  if (!payload) return undefined;
  try {
    const carrier = defaultPayloadConverter.fromPayload<Partial<TraceCarrier> | null>(payload);
    return typeof carrier?.traceparent === 'string' ? (carrier as TraceCarrier) : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for an error that only fails the workflow's task: Temporal repeats the task, and the run continues. */
function outcomeOf(error: unknown): Outcome | undefined {
  if (error instanceof ContinueAsNew) return 'continued';
  if (isCancellation(error)) return 'cancelled';
  return error instanceof TemporalFailure ? 'failed' : undefined;
}
