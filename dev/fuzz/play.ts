import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import fc from 'fast-check';
import type { ProjectId, StoryClient } from '../../src/client';
import {
  BATCH_WORKFLOW,
  RECONCILE_WORKFLOW,
  STORY_WORKFLOW,
  workflowIdOf,
  type StoryreelError,
} from '../../src/protocol';
import { anyBatchMessage, anyPayloads, anyStoryMessage, type RawMessage, type RawPayload } from './arbitraries';
import { anyClientCall, callClient } from './client-calls';
import { failedTasks } from './failed-tasks';
import { RawSender } from './raw-messages';

/** The system under test: a client and a worker that serve this task queue, with a database of their own. */
export interface FuzzWorld {
  readonly client: StoryClient;
  readonly temporal: Client;
  readonly namespace: string;
  readonly taskQueue: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** How many times everything is played, each time with other messages. */
  readonly runs: number;
  /** Messages to each workflow, and calls of the client, each time. */
  readonly messages?: number;
}

/** One rewrite, and then the run waits for a person. */
const SHORT = { stages: ['rewrite'], gates: ['rewrite'] } as const;
const TIMEOUT_MS = 60_000;

/**
 * Sends anything to every signal, update and query of a story, a batch and the reconciler. Starts them with anything,
 * and passes anything to every method of the client. Afterwards a pause, a cancel and a new run must work, and no task
 * of a workflow may have failed. Rejects with the findings, their seed, and the messages.
 */
export async function play(world: FuzzWorld, { seed, runs, messages = 12 }: FuzzOptions): Promise<void> {
  const many = { maxLength: messages, size: 'max' } as const;
  const property = fc.asyncProperty(
    fc.record({
      story: fc.array(anyStoryMessage, many),
      batch: fc.array(anyBatchMessage, many),
      inputs: fc.array(anyPayloads, { minLength: 3, maxLength: 3 }),
      calls: fc.array(anyClientCall, many),
    }),
    async ({ story, batch, inputs, calls }) => {
      const sender = new RawSender(world.temporal, world.namespace);
      const { client, taskQueue } = world;
      const projectId = await client.create({ topic: 'a fox who hears everything', settings: { scenes: 1 } });
      await client.start(projectId, SHORT);
      const {
        batchId,
        workflowId: batchWorkflow,
        projectIds,
      } = await client.batch([{ topic: 'a crow in a crowd', settings: { scenes: 1 } }], {
        ...SHORT,
        batchId: `fuzz-${randomUUID().slice(0, 8)}`,
      });
      const started = await startWithAnything(sender, taskQueue, inputs, story[0]);
      for (const message of story) await sender.send(workflowIdOf(projectId), message);
      for (const message of batch) await sender.send(batchWorkflow, message);
      const faults: (string | undefined)[] = [];
      for (const call of calls) faults.push(await callClient(client, projectId, call));

      await steersStill(client, projectId);
      await client.cancelBatch(batchId);
      await untilSo('the batch ends', async () => !(await client.batchStatus(batchId)).running);
      const all = [workflowIdOf(projectId), batchWorkflow, ...projectIds.map(workflowIdOf), ...started];
      for (const workflowId of all) faults.push(...(await failedTasks(world.temporal, world.namespace, workflowId)));
      const found = faults.filter((fault) => fault !== undefined);
      if (found.length > 0) throw new Error(found.join('\n'));
    },
  );
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
}

const NOTHING: RawMessage = { way: 'signal', name: 'nonsense', payloads: [] };

/** Starts workflows that no program would start, and returns their ids. */
async function startWithAnything(
  sender: RawSender,
  taskQueue: string,
  inputs: readonly (readonly RawPayload[])[],
  signal: RawMessage = NOTHING,
): Promise<string[]> {
  const mark = randomUUID();
  const types = { [STORY_WORKFLOW]: `story-${mark}`, [BATCH_WORKFLOW]: `batch-${mark}`, [RECONCILE_WORKFLOW]: mark };
  for (const [i, [type, id]] of Object.entries(types).entries()) {
    await sender.start(type, id, taskQueue, inputs[i] ?? [], signal);
  }
  return Object.values(types);
}

/** Whatever the messages have done: the run can be paused and cancelled, and another one comes to its end. */
async function steersStill(client: StoryClient, projectId: ProjectId): Promise<void> {
  await client.pause(projectId).catch((error: unknown) => {
    const { type } = error as StoryreelError;
    if (type !== 'Message.Stale' && type !== 'Project.NotRunning') throw error;
  });
  await client.cancel(projectId);
  await untilSo('the run ends', async () => (await client.runStatus(projectId)) === undefined);
  // The calls may have left a budget.
  await client.setBudget(projectId);
  await client.edit(projectId, { topic: 'a fox who has heard everything' });
  await client.start(projectId, { stages: ['rewrite'] });
  await untilSo('another run ends', async () => (await client.status(projectId)).status === 'completed');
}

async function untilSo(what: string, look: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + TIMEOUT_MS; !(await look()); await sleep(50)) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
  }
}
