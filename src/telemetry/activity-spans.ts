import { SpanKind } from '@opentelemetry/api';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { traceOfRun } from '../protocol';
import { carrierIn, contextOf } from './run-carrier';
import { inSpan } from './spans';

/** A span for each attempt of an activity, under the span of its run. */
export const activitySpans: ActivityInterceptorsFactory = ({ info }) => ({
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
