import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { RawMessage, RawPayload } from './arbitraries';

/** A worker answers in milliseconds. One whose tasks fail never answers, and is detected at the end. */
const ANSWER_MS = 2_000;
const COMPLETED = 3;

/**
 * Sends messages and inputs unchanged, past every check of the SDK. Messages that Temporal itself refuses do not
 * arrive.
 */
export class RawSender {
  constructor(
    private readonly temporal: Client,
    private readonly namespace: string,
  ) {}

  async send(workflowId: string, { way, name, payloads }: RawMessage): Promise<void> {
    const { workflowService: service } = this.temporal;
    const to = { namespace: this.namespace, workflowExecution: { workflowId } };
    const input = { payloads: payloads.map((payload) => ({ ...payload })) };
    await this.quietly(() => {
      switch (way) {
        case 'signal':
          return service.signalWorkflowExecution({ ...to, signalName: name, input });
        case 'update':
          return service.updateWorkflowExecution({
            ...to,
            waitPolicy: { lifecycleStage: COMPLETED },
            request: { meta: { updateId: randomUUID(), identity: 'fuzz' }, input: { name, args: input } },
          });
        case 'query':
          return service.queryWorkflow({
            namespace: this.namespace,
            execution: { workflowId },
            query: { queryType: name, queryArgs: input },
          });
      }
    });
  }

  /** Starts a workflow with any input, and a signal that is there before its first step. */
  async start(
    workflowType: string,
    workflowId: string,
    taskQueue: string,
    payloads: readonly RawPayload[],
    signal: RawMessage,
  ): Promise<void> {
    await this.quietly(() =>
      this.temporal.workflowService.signalWithStartWorkflowExecution({
        namespace: this.namespace,
        workflowId,
        requestId: randomUUID(),
        identity: 'fuzz',
        workflowType: { name: workflowType },
        taskQueue: { name: taskQueue },
        input: { payloads: payloads.map((payload) => ({ ...payload })) },
        signalName: signal.name,
        signalInput: { payloads: signal.payloads.map((payload) => ({ ...payload })) },
      }),
    );
  }

  private async quietly(call: () => Promise<unknown>): Promise<void> {
    await this.temporal.withDeadline(Date.now() + ANSWER_MS, call).catch(() => undefined);
  }
}
