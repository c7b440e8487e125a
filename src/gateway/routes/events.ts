import { z } from 'zod';
import { defined, parseCursor, StoryreelError, type Cursor, type StoryEvent } from '../../protocol';
import { PROBLEM } from '../answers';
import { projectOf, type App, type Ports } from '../app';
import { announceExpiry } from '../expiry';
import { Refusal } from '../problem';
import { empty, named, pageLimit, projectParams, storyEvent } from '../schemas';
import { withoutTexts } from '../stream/frames';
import { openStream } from '../stream/open-stream';
import { Viewer } from '../stream/viewer';
import { whenGone } from '../when-gone';

const query = z.strictObject({
  cursor: z.string().optional(),
  view: z.enum(['full', 'status']).default('full'),
  format: z.enum(['stream', 'json']).default('stream'),
  /** The most events of a page of JSON. */
  limit: pageLimit.optional(),
});
const page = named(
  'EventPage',
  z.looseObject({ events: z.array(storyEvent), next: z.string(), caught_up: z.boolean(), ended: z.boolean() }),
);

export function addEvents(app: App, { hub, limits, open }: Ports): void {
  app.get(
    '/v1/projects/:id/events',
    {
      config: { scope: 'read' },
      schema: {
        summary:
          'Everything that happens, as Server-Sent Events; continues after `Last-Event-ID` or `cursor`. With `format=json`: what has happened until now, a page at a time',
        params: projectParams,
        querystring: query,
        response: {
          200: {
            description: 'a stream, or a page of it',
            content: { 'text/event-stream': { schema: storyEvent }, 'application/json': { schema: page } },
          },
          204: empty,
          406: PROBLEM,
        },
      },
    },
    async (request, reply) => {
      const { format, view, limit } = request.query;
      if (format === 'json') {
        const own = await projectOf(request);
        const after = cursorIn(request.headers['last-event-id'], request.query.cursor);
        const found = await own.events(defined({ after, limit }));
        const { caughtUp, ended, next } = found;
        const rest = new URLSearchParams({
          format,
          view,
          ...(limit !== undefined && { limit: String(limit) }),
          cursor: next,
        });
        return reply
          .header('cache-control', 'no-store')
          .header('link', `</v1/projects/${own.id}/events?${rest.toString()}>; rel="next"`)
          .type('application/json; charset=utf-8')
          .send({ events: shownIn(view, found.events), next, caught_up: caughtUp, ended });
      }
      mustTakeStream(request.headers.accept);
      const { id } = await projectOf(request);
      // A browser that comes back repeats the old address, so the header counts.
      const cursor = cursorIn(request.headers['last-event-id'], request.query.cursor);
      if (request.method === 'HEAD') return reply.type('text/event-stream; charset=utf-8').send();
      whenGone(reply.raw, limits.hold('stream', request));
      const project = hub.of(id);
      const entry = await project.enter(cursor);
      hub.mustBeOpen();
      if (entry.kind === 'nothing') return reply.code(204).send(null);
      const isFromCursor = entry.kind === 'resume' || (entry.kind === 'replay' && entry.first.type !== 'snapshot');
      const response = openStream(reply, {
        'storyreel-resumed-from': isFromCursor && cursor !== undefined ? cursor : 'snapshot',
      });
      const viewer = new Viewer(response, request.query.view, project.deliver, project.forget);
      open.endBy(response, () => viewer.end('revoked'));
      announceExpiry(viewer, response, request.caller?.expiresAt);
      await project.attach(viewer, entry);
    },
  );
}

/** The events without texts, where those are not wanted. */
function shownIn(view: 'full' | 'status', events: readonly StoryEvent[]): readonly object[] {
  if (view === 'full') return events;
  return events
    .filter(({ type }) => type !== 'token')
    .map((event) => (event.type === 'snapshot' ? withoutTexts(event) : event));
}

/** The first one that states anything. */
function cursorIn(...all: readonly unknown[]): Cursor | undefined {
  const given = all.find((each) => each !== undefined && each !== '');
  if (given === undefined) return undefined;
  const cursor = parseCursor(given);
  if (cursor) return cursor;
  throw new StoryreelError('Request.Invalid', 'The cursor must be the id of an event, like 1764000000000-0.');
}

export function mustTakeStream(accept: string | undefined): void {
  if (accept === undefined || /^\s*$|text\/event-stream|\*\/\*|text\/\*/i.test(accept)) return;
  throw new Refusal(
    'Request.Invalid',
    'This address gives text/event-stream only; with ?format=json, a project gives JSON.',
    { status: 406 },
  );
}
