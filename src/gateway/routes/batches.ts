import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { INPUTS, type BatchInputProject, type BatchOptions } from '../../client';
import { storiesOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { linkToNext } from '../link-to-next';
import { batchPage, batchParams, batchView, nothing, startedBatch, textual } from '../schemas';
import { openStream } from '../stream/open-stream';
import { controlFrame } from '../stream/frames';
import { defined } from './projects';

const newBatch = z.strictObject({
  projects: z
    .array(z.union([textual(INPUTS['the project id']), INPUTS['a project of the batch']]))
    .max(5_000)
    .default([]),
  ...INPUTS['the options of the batch'].shape,
});

const listQuery = z.strictObject({
  owner: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  after: z.string().optional(),
});

export function addBatches(app: App): void {
  app.post(
    '/v1/batches',
    {
      config: { scope: 'run' },
      schema: {
        summary: 'Make many films; the same `batchId` again continues that batch',
        body: newBatch,
        response: { 202: startedBatch },
      },
    },
    async (request, reply) => {
      const { projects, ...options } = request.body;
      const started = await storiesOf(request).batch(projects as BatchInputProject[], options as BatchOptions);
      return reply.code(202).header('location', `/v1/batches/${started.batchId}`).send(started);
    },
  );
  app.get(
    '/v1/batches',
    {
      config: { scope: 'read' },
      schema: { summary: 'Batches, newest first', querystring: listQuery, response: { 200: batchPage } },
    },
    async (request, reply) => {
      const page = await storiesOf(request).batches(defined(request.query));
      linkToNext(reply, '/v1/batches', request.query, page.next);
      return sendTagged(request, reply, page);
    },
  );
  app.get(
    '/v1/batches/:batchId',
    {
      config: { scope: 'read' },
      schema: { summary: 'The status of a batch', params: batchParams, response: { 200: batchView } },
    },
    async (request, reply) => sendTagged(request, reply, await storiesOf(request).batchStatus(request.params.batchId)),
  );
  app.post(
    '/v1/batches/:batchId/cancel',
    {
      config: { scope: 'run' },
      schema: {
        summary: 'Ask a batch and every run of it to end',
        params: batchParams,
        body: nothing,
        response: { 202: z.looseObject({ cancelled: z.boolean() }) },
      },
    },
    async (request, reply) =>
      reply.code(202).send({ cancelled: await storiesOf(request).cancelBatch(request.params.batchId) }),
  );
  app.get(
    '/v1/batches/:batchId/events',
    {
      config: { scope: 'read' },
      schema: { summary: 'The status of a batch, at each change, as a stream', params: batchParams },
    },
    async (request, reply) => {
      const leaving = new AbortController();
      const views = storiesOf(request).watchBatch(request.params.batchId, leaving.signal);
      // A fault must be reported before the stream begins.
      let next = await views.next();
      const response = openStream(reply, {});
      response.once('close', () => leaving.abort());
      while (!next.done && !response.destroyed) {
        if (!response.write(controlFrame({ type: 'batch', ...next.value }))) await sleep(100);
        next = await views.next();
      }
      if (!response.destroyed) response.end(controlFrame({ type: 'end', reason: 'batch_ended' }));
    },
  );
}
