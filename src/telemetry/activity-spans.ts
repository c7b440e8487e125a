import { SpanKind } from '@opentelemetry/api';
import type { Context } from '@temporalio/activity';
import type { Headers } from '@temporalio/common';
import { traceOfRun } from '../protocol';
import { carrierIn, contextOf } from './run-carrier';
import { inSpan } from './spans';

interface Inbound {
  execute<Input extends { readonly headers: Headers }, Output>(
    input: Input,
    next: (input: Input) => Promise<Output>,
  ): Promise<Output>;
}

/**
 * A span for each attempt of an activity, under the span of its run. The worker takes it as an `ActivityInterceptorsFactory`;
 * that type would bring the worker's package into the types of a client.
 */
export const activitySpans = ({ info }: Context): { readonly inbound: Inbound } => ({
  inbound: {
    execute: (input, next) => {
      const runId = info.workflowExecution?.runId ?? '';
      return inSpan(
        `RunActivity:${info.activityType}`,
        {
          kind: SpanKind.INTERNAL,
          parent: contextOf(carrierIn(input.headers) ?? traceOfRun(runId)),
          attributes: {
            temporalWorkflowId: info.workflowExecution?.workflowId ?? '',
            temporalRunId: runId,
            temporalActivityId: info.activityId,
            'storyreel.attempt': info.attempt,
          },
        },
        () => next(input),
      );
    },
  },
});
