import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { Background, whenThere } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

/**
 * A workflow for each text, whose activity publishes tokens to the workflow's stream. An event of the application
 * announces a new attempt to viewers, which then begin again.
 */
const TASK_QUEUE = 'bench-workflow-streams';

export async function openProducer(services) {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const ask = openProvider(services);
  const background = new Background();

  const complete = async (label) => {
    const context = Context.current();
    const client = WorkflowStreamClient.fromWithinActivity({ batchInterval: '200 milliseconds' });
    const heartbeat = setInterval(() => context.heartbeat(), 1_000);
    try {
      const deltas = client.topic('delta');
      if (context.info.attempt > 1) client.topic('retry').publish({ attempt: context.info.attempt });
      let length = 0;
      for await (const chunk of await ask(label, { signal: context.cancellationSignal })) {
        const content = textOf(chunk);
        if (!content) continue;
        length += content.length;
        deltas.publish({ content });
      }
      client.topic('complete').publish({ length });
      return length;
    } finally {
      clearInterval(heartbeat);
      await client[Symbol.asyncDispose]();
    }
  };

  const native = await NativeConnection.connect({ address: services.temporalAddress });
  const worker = await Worker.create({
    connection: native,
    taskQueue: TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('./temporal-workflow.mjs', import.meta.url)),
    activities: { complete },
    maxConcurrentActivityTaskExecutions: 1000,
    shutdownForceTime: '2 seconds',
    shutdownGraceTime: 0,
  });
  const running = worker.run();
  background.run('temporal', () => running);
  const connection = await Connection.connect({ address: services.temporalAddress });
  const client = new Client({ connection });
  return {
    run: async (streams) => {
      for (const { label, handle } of streams)
        await client.workflow.start('text', { taskQueue: TASK_QUEUE, workflowId: handle, args: [label] });
    },
    close: async () => {
      background.close();
      worker.shutdown();
      await running.catch(() => undefined);
      await connection.close();
      await native.close();
    },
  };
}

export async function openReader(services) {
  const background = new Background();
  const connection = await Connection.connect({ address: services.temporalAddress });
  const client = new Client({ connection });
  const isThere = async (workflowId) => {
    try {
      return await client.workflow.getHandle(workflowId).describe();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
  const follow = async ({ label, handle }, sink) => {
    if (!(await whenThere(background, () => isThere(handle)))) return;
    const stream = WorkflowStreamClient.create(client, handle);
    for await (const { topic, data } of stream.subscribe(['delta', 'retry', 'complete'])) {
      if (topic === 'delta') sink.append(label, defaultPayloadConverter.fromPayload(data).content);
      else if (topic === 'retry') sink.replace(label, '');
      else return sink.ended(label);
    }
  };
  return {
    // A stream is read from its beginning, so a viewer may come late.
    watch: async (streams, sink) => {
      for (const each of streams) background.run('temporal', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      await connection.close();
    },
  };
}
