import { SpanKind } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { withActiveTrace } from './run-carrier';
import { inSpan } from './spans';

/**
 * A span for each request that begins, steers or ends a run. If Temporal has room for it, the request carries the
 * trace.
 */
export const clientSpans: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    inSpan(`StartWorkflow:${input.workflowType}`, of(input.options.workflowId), async (span) => {
      const started = await next({ ...input, headers: withActiveTrace(input.headers) });
      span.setAttribute('temporalRunId', started.runId);
      return started;
    }),
  startUpdate: (input, next) =>
    inSpan(`UpdateWorkflow:${input.updateName}`, of(input.workflowExecution.workflowId), () =>
      next({ ...input, headers: withActiveTrace(input.headers) }),
    ),
  signal: (input, next) =>
    inSpan(`SignalWorkflow:${input.signalName}`, of(input.workflowExecution.workflowId), () =>
      next({ ...input, headers: withActiveTrace(input.headers) }),
    ),
  // A request to cancel has no headers: this span ends its trace, and the workflow's id leads to the run.
  cancel: (input, next) => inSpan('CancelWorkflow', of(input.workflowExecution.workflowId), () => next(input)),
};

function of(workflowId: string | undefined) {
  return { kind: SpanKind.CLIENT, attributes: { temporalWorkflowId: workflowId ?? '' } };
}
