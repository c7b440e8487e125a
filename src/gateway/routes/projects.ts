import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { EstimateInput, NewProject, ProjectView, RunWaits, StartOptions } from '../../client';
import { INPUTS, OF_REQUEST } from '../../client/internal';
import { defined, PROJECT_STATUSES, StoryreelError, TEXT_BYTES } from '../../protocol';
import { NOT_MODIFIED, PROBLEM } from '../answers';
import { projectOf, storiesOf, type App, type Ports } from '../app';
import { isKnown, orPresentVersion, sendTagged, versionTag, versionToMatch } from '../conditional';
import { linkToNext } from '../link-to-next';
import { Refusal } from '../problem';
import {
  createdProject,
  empty,
  pageQuery,
  projectPage,
  projectParams,
  projectView,
  runWaits,
  startedRun,
} from '../schemas';
import { Shared } from '../shared';
import { untilChanged, waitIn } from '../wait';
import { whenGone } from '../when-gone';

const newProject = INPUTS['the project'].extend({ start: INPUTS['the start'].omit(OF_REQUEST).optional() });
const listQuery = pageQuery.extend({
  status: z.enum(PROJECT_STATUSES).optional(),
  batch: z.string().optional(),
  q: z.string().optional(),
});

const PRINTABLE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** The caller's name for a request, so that a repeated one does nothing twice; its answer states that it is repeated. */
function requestIn({ headers }: FastifyRequest, reply: FastifyReply): Pick<StartOptions, 'requestId' | 'onRepeated'> {
  const key = headers['idempotency-key'];
  if (key === undefined) return {};
  const onRepeated = () => void reply.header('idempotency-replayed', 'true');
  if (typeof key === 'string' && key.length <= TEXT_BYTES.requestId && PRINTABLE.test(key)) {
    return { requestId: key, onRepeated };
  }
  throw new StoryreelError(
    'Request.Invalid',
    `Idempotency-Key must be 1 to ${TEXT_BYTES.requestId} printable characters of ASCII.`,
  );
}

/** Every page of a live film asks what it waits for, and Temporal is asked for all of them. */
const WAITS_MS = 1_000;

export function addProjects(app: App, { hub, limits, open }: Ports): void {
  const waits = new Shared<RunWaits>(WAITS_MS);
  app.post(
    '/v1/projects',
    {
      config: { scope: 'write' },
      schema: {
        summary: 'Store a new project, and start it where `start` is given',
        body: newProject,
        response: { 201: createdProject, 202: createdProject },
      },
    },
    async (request, reply) => {
      const { start, ...given } = request.body;
      if (start && !request.caller?.scopes.includes('run')) {
        throw new Refusal('Request.Forbidden', 'The key lacks the scope "run".', { scope: 'run' });
      }
      const stories = storiesOf(request);
      const named = requestIn(request, reply);
      // What cannot be started is not stored, either.
      if (start) await stories.estimate(request.body as EstimateInput);
      const projectId = await stories.create(given as NewProject, named);
      // If Temporal is away now, the project is there: the problem names it, too.
      void reply.header('location', `/v1/projects/${projectId}`);
      const run = start && (await (await stories.project(projectId)).start({ ...(start as StartOptions), ...named }));
      return reply.code(run ? 202 : 201).send({ projectId, ...(run && { run }) });
    },
  );

  app.get(
    '/v1/projects',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Projects, newest first',
        querystring: listQuery,
        response: { 200: projectPage, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const { q, ...filter } = request.query;
      const page = await storiesOf(request).page(defined({ ...filter, text: q }));
      linkToNext(reply, '/v1/projects', request.query, page.next);
      return sendTagged(request, reply, page);
    },
  );

  app.get(
    '/v1/projects/:id',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'The status of a project; waits for a change with `Prefer: wait=30` and `If-None-Match`',
        params: projectParams,
        response: { 200: projectView, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const stories = storiesOf(request);
      const wait = waitIn(request.headers);
      const tagged = (view: ProjectView) => ({ view, tag: versionTag(view) });
      const send = ({ view, tag }: ReturnType<typeof tagged>) =>
        sendTagged(request, reply.header('link', `</v1/projects/${id}/events>; rel="events"`), view, tag);
      if (wait === 0) return send(tagged(await stories.status(id)));
      const project = await stories.project(id);
      whenGone(reply.raw, limits.hold('wait', request));
      const found = await untilChanged(
        async () => tagged(await project.status()),
        ({ tag }) => !isKnown(request, tag),
        { hub: hub.of(id), seconds: wait, open, response: reply.raw },
      );
      void reply.header('preference-applied', `wait=${wait}`);
      return send(found);
    },
  );

  app.get(
    '/v1/projects/:id/waits',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'What the open run waits for: the next attempts of lanes, and work that no worker has taken',
        params: projectParams,
        response: { 200: runWaits },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      return reply.header('cache-control', 'no-store').send(await waits.of(project.id, project.waits));
    },
  );

  app.delete(
    '/v1/projects/:id',
    {
      config: { scope: 'write' },
      schema: {
        summary: 'Remove a project that does not run; with `If-Match`, only if it was not edited since',
        params: projectParams,
        querystring: z.strictObject({ purge_history: z.stringbool().optional() }),
        response: { 204: empty, 412: PROBLEM },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      const version = await versionToMatch(request, project);
      const deletion = project.delete(defined({ purgeHistory: request.query.purge_history, version }));
      await orPresentVersion(deletion, project);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/projects/:id/start',
    {
      config: { scope: 'run' },
      schema: {
        summary: 'Start a run; `Idempotency-Key` makes a repeated request the same run',
        params: projectParams,
        body: INPUTS['the start'].omit(OF_REQUEST),
        response: { 202: startedRun },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      const run = await project.start({ ...(request.body as StartOptions), ...requestIn(request, reply) });
      return reply.code(202).send(run);
    },
  );
}
