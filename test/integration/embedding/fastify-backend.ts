import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { parseCursor, parseProjectId, StoryreelError, type ProjectId, type StoryClient } from '../../../src/client';
import { FAILURES } from '../../../src/protocol';

export function createBackend(stories: StoryClient): FastifyInstance {
  const app = Fastify();
  const idOf = ({ params }: { readonly params: unknown }): ProjectId => {
    const id = parseProjectId((params as { readonly id: string }).id);
    if (!id) throw new StoryreelError('Project.NotFound', 'There is no such film.');
    return id;
  };

  app.post('/films', async (request, reply) => {
    const { topic } = request.body as { topic: string };
    const id = await stories.create({ topic });
    await stories.start(id, { stages: ['rewrite', 'storyboard'], gates: ['rewrite'] });
    return reply.code(201).send({ id });
  });

  app.post('/films/:id/approval', async (request) => stories.approve(idOf(request), 'rewrite'));

  app.get('/films/:id', async (request) => stories.status(idOf(request)));

  // Browsers send the last id that they have seen when they connect again.
  app.get('/films/:id/events', async (request, reply) => {
    const from = parseCursor(String(request.headers['last-event-id'] ?? ''));
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    const events = stories.watch(idOf(request), { signal: gone.signal, ...(from && { from }) });
    const first = await events.next();
    return reply.type('text/event-stream').send(Readable.from(lines()));

    async function* lines(): AsyncGenerator<string> {
      for (let next = first; !next.done; next = await events.next()) {
        const event = next.value;
        const id = event.type === 'snapshot' ? event.cursor : event.id;
        yield `${id ? `id: ${id}\n` : ''}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
      }
    }
  });

  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof StoryreelError)) return reply.send(error);
    // The catalogue of failures says which HTTP status each has.
    return reply.code(FAILURES[error.type].status).send({ type: error.type, message: error.message });
  });

  // Ends every stream first: an open one would hold the server up.
  app.addHook('preClose', () => stories.close());
  return app;
}
