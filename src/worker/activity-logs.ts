import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { isLogged, originOf, withLogFields, type LogFields } from '../log-context';
import type { Logger } from '../logger';
import { projectIdOfWorkflow } from '../protocol';
import { traceIdOf } from '../telemetry';

interface Task {
  readonly projectId?: unknown;
  readonly lane?: unknown;
  readonly runId?: unknown;
}

/**
 * Every log line of an activity names its project, run and lane. A failure that is not logged yet gets its line here.
 */
export function activityLogs(logger: Logger): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute: (input, next) => {
        const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
        const task = (input.args[0] ?? {}) as Task;
        const fields = textsIn({
          trace_id: runId && traceIdOf(input.headers, runId),
          projectId: task.projectId ?? projectIdOfWorkflow(workflowId),
          runId: task.runId || runId,
          lane: task.lane,
          activity: info.activityType,
        });
        return withLogFields({ ...fields, attempt: info.attempt }, async () => {
          const began = performance.now();
          const durationMs = () => Math.round(performance.now() - began);
          logger.debug('the activity begins');
          try {
            const result = await next(input);
            logger.debug({ durationMs: durationMs() }, 'the activity has ended');
            return result;
          } catch (error) {
            logFailure(logger, error, durationMs());
            throw error;
          }
        });
      },
    },
  });
}

function logFailure(logger: Logger, error: unknown, durationMs: number): void {
  if (error instanceof CancelledFailure) logger.debug({ durationMs }, 'the activity was cancelled');
  else if (isLogged(error)) logger.debug({ durationMs }, 'the activity has failed');
  else {
    const { type, name, message } = error as Error & { type?: string | null };
    logger.warn({ type: type ?? name, durationMs, err: originOf(error) }, message);
  }
}

function textsIn(fields: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}
