import { z } from 'zod';
import type { BatchInputProject, BatchOptions } from '../../client';
import { INPUTS } from '../../client/internal';
import { defined, MAX_IN_BATCH } from '../../protocol';
import { NOT_MODIFIED, PROBLEM } from '../answers';
import { storiesOf, type App, type Ports } from '../app';
import { sendTagged } from '../conditional';
import { linkToNext } from '../link-to-next';
import { announceExpiry } from '../expiry';
import { batchPage, batchParams, batchView, startedBatch } from '../batch-schemas';
import { nothing, pageQuery, storyEvent, textual } from '../schemas';
import { openStream } from '../stream/open-stream';
import { controlFrame } from '../stream/frames';
import { Viewer } from '../stream/viewer';
import { whenGone } from '../when-gone';
import { mustTakeStream } from './events';

const newBatch = z.strictObject({
  projects: z
    .array(
      z.union(
        [textual(INPUTS['the project id']), INPUTS['a project of the batch']],
        'must be a project, or the id of one',
      ),
    )
    .max(MAX_IN_BATCH)
    .default([]),
  ...INPUTS['the options of the batch'].shape,
});

export function addBatches(app: App, { hub, limits, open }: Ports): void {
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
      schema: {
        summary: 'Batches, newest first',
        querystring: pageQuery,
        response: { 200: batchPage, ...NOT_MODIFIED },
      },
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
      schema: { summary: 'The status of a batch', params: batchParams, response: { 200: batchView, ...NOT_MODIFIED } },
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
      schema: {
        summary: 'The status of a batch, at each change, as Server-Sent Events',
        params: batchParams,
        response: {
          200: { description: 'a stream', content: { 'text/event-stream': { schema: storyEvent } } },
          406: PROBLEM,
        },
      },
    },
    async (request, reply) => {
      mustTakeStream(request.headers.accept);
      whenGone(reply.raw, limits.hold('stream', request));
      const leaving = new AbortController();
      const views = storiesOf(request).watchBatch(request.params.batchId, leaving.signal);
      // A fault must be reported before the stream begins.
      let next = await views.next();
      if (request.method === 'HEAD') {
        await views.return();
        return reply.type('text/event-stream; charset=utf-8').send();
      }
      const response = openStream(reply, {});
      const viewer: Viewer = new Viewer(
        response,
        'full',
        () => undefined,
        (gone) => {
          leaving.abort();
          hub.remove(gone);
        },
      );
      hub.add(viewer);
      open.endBy(response, () => viewer.end('revoked'));
      announceExpiry(viewer, response, request.caller?.expiresAt);
      try {
        while (!next.done && !viewer.isGone) {
          viewer.write(controlFrame({ type: 'batch', ...next.value }));
          await viewer.ready();
          next = await views.next();
        }
        if (!viewer.isGone) viewer.end('batch_ended');
      } catch (error) {
        // The answer has begun, so there is no problem to send: the viewer comes back and reads it.
        request.log.error({ err: error }, 'a stream of a batch broke off');
        viewer.drop();
      }
    },
  );
}
