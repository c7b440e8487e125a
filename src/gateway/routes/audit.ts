import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Audit, AuditPage, NewAuditEntry } from '../../client';
import { actAs, INPUTS } from '../../client/internal';
import { parseProjectId, StoryreelError, TEXT_BYTES } from '../../protocol';
import { projectOf, type App, type Caller } from '../app';
import { credentialOf } from '../gone-credentials';
import { LateAudit } from '../late-audit';
import { linkToNext } from '../link-to-next';
import { pageLimit, projectParams } from '../schemas';

/** What stops something is done although Postgres takes no entry. */
const STOPS = /\/(pause|cancel|cancel-lane)$/;
const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const entry = z.looseObject({
  id: z.string(),
  at: z.iso.datetime(),
  by: z.string().nullable(),
  owner: z.string().nullable(),
  credential: z.string().nullable(),
  action: z.string(),
  project: z.string().nullable(),
  lane: z.string().nullable(),
  subject: z.string().nullable(),
  versionBefore: z.int().nullable(),
  versionAfter: z.int().nullable(),
  status: z.int(),
  code: z.string().nullable(),
  requestId: z.string(),
  endedAt: z.iso.datetime().nullable(),
});
const page = z.looseObject({ entries: z.array(entry), next: z.string().optional() });
const query = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the `next` of a page')
    .optional(),
  limit: pageLimit.default(100),
});

/** States that the action was done without its entry in the audit, which follows. */
const LATE = 'storyreel-audit';

/**
 * Stores who asks for which change before it begins, and what has come of it after the answer. What is refused before
 * it begins is stored after the answer, too. What Postgres does not take then, it gets later.
 */
export function recordChanges(app: App, audit: Audit): void {
  const said = new WeakMap<FastifyRequest, { readonly version?: unknown; readonly code?: unknown }>();
  const begun = new WeakMap<FastifyRequest, string>();
  /** The entries that Postgres did not take before their requests were done or refused. */
  const unstored = new WeakMap<FastifyRequest, NewAuditEntry>();
  const late = new LateAudit(app.log);
  app.addHook('onClose', () => late.close());
  app.addHook('preHandler', (request, reply, done) => {
    const { caller } = request;
    if (!caller || !changes(request)) return done();
    // Not an async hook: everything that `done` starts belongs to the entry.
    let entry: NewAuditEntry;
    try {
      entry = asked(request, caller);
    } catch (error) {
      return done(error as Error);
    }
    audit.begin(entry).then(
      (id) => {
        begun.set(request, id);
        actAs({ entry: id }, done);
      },
      (err: Error) => {
        unstored.set(request, { ...entry, at: new Date() });
        if (!STOPS.test(request.routeOptions.url ?? '')) return done(err);
        request.log.error({ err }, 'a stop is done although the audit cannot be written');
        void reply.header(LATE, 'late');
        actAs({ isLate: true }, done);
      },
    );
  });
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    if (!SAFE.includes(request.method) && typeof payload === 'object' && payload !== null) said.set(request, payload);
    done(null, payload);
  });
  // At the answer, and not after it: an answer that nobody takes any more is never over.
  app.addHook('onSend', (request, { statusCode: status }, payload, done) => {
    const { caller } = request;
    if (caller && changes(request)) keep(request, caller, status);
    done(null, payload);
  });
  const keep = (request: FastifyRequest, caller: Caller, status: number) => {
    const answer = said.get(request);
    const code = typeof answer?.code === 'string' ? answer.code : null;
    const id = begun.get(request);
    if (id !== undefined) {
      const outcome = {
        status,
        code,
        project: textIn(answer, 'projectId') ?? undefined,
        subject: textIn(answer, 'batchId') ?? textIn(answer, 'id') ?? undefined,
        ...(typeof answer?.version === 'number' && status < 400 && { versionAfter: answer.version }),
      };
      void late.keep({ facts: { entry: id, ...outcome }, store: () => audit.end(id, outcome) });
      return;
    }
    const entry = { ...(unstored.get(request) ?? asked(request, caller, false)), status, code };
    void late.keep({ facts: entry, store: () => audit.add(entry) });
  };
}

/** What only reads, like an estimate, changes nothing, whatever its method. */
function changes({ method, routeOptions }: FastifyRequest): boolean {
  return !SAFE.includes(method) && routeOptions.config.scope !== 'read';
}

function asked(request: FastifyRequest, caller: Caller, isTaken = true): NewAuditEntry {
  const { method, params, body, headers, routeOptions, id: requestId } = request;
  const before = /^"v(\d{1,9})\b/.exec(headers['if-match'] ?? '')?.[1];
  const ids = ['key', 'token', 'session'].map((name) => textIn(params, name));
  return {
    owner: caller.owner ?? null,
    credential: credentialOf(caller) ?? null,
    requestId,
    by: (isTaken ? actorIn(request) : undefined) ?? caller.name ?? null,
    action: `${method} ${routeOptions.url}`,
    lane: [textIn(body, 'lane'), textIn(body, 'gate')].find(isLane) ?? null,
    project: [textIn(params, 'id'), textIn(body, 'project')].find(isProjectId) ?? null,
    subject: ids.find(isId) ?? textIn(params, 'batchId'),
    versionBefore: before === undefined ? null : Number(before),
  };
}

/** Whom a backend acts for: the header, percent-encoded, or the edit's own field. Throws `Request.Invalid`. */
function actorIn({ headers, body }: FastifyRequest): string | undefined {
  const header = headers['storyreel-by'];
  if (header === undefined) {
    const { by } = (body ?? {}) as { readonly by?: unknown };
    return typeof by === 'string' && by.trim() !== '' ? by.trim() : undefined;
  }
  const name = INPUTS['the actor'].safeParse(decoded(String(header)));
  if (name.success) return name.data;
  throw new StoryreelError(
    'Request.Invalid',
    `Storyreel-By must be a name of at most ${TEXT_BYTES.by} bytes, percent-encoded.`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export function addAudit(app: App, audit: Audit): void {
  app.get(
    '/v1/audit',
    {
      config: { scope: 'admin' },
      schema: {
        summary: 'Who has changed what, newest first',
        querystring: query.extend({ project: INPUTS['the name'].optional() }),
        response: { 200: page },
      },
    },
    async (request, reply): Promise<AuditPage> => {
      const found = await audit.page({ ...request.query, owner: request.caller?.owner });
      linkToNext(reply, '/v1/audit', request.query, found.next);
      return found;
    },
  );
  app.get(
    '/v1/projects/:id/audit',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Who has changed what of one project, newest first',
        params: projectParams,
        querystring: query,
        response: { 200: page },
      },
    },
    async (request, reply): Promise<AuditPage> => {
      const { id } = await projectOf(request);
      const found = await audit.page({ ...request.query, project: id });
      linkToNext(reply, `/v1/projects/${id}/audit`, request.query, found.next);
      return found;
    },
  );
}

function textIn(from: unknown, name: string): string | null {
  const value = typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && /^[\w./-]{1,100}$/.test(value) ? value : null;
}

// A request that was refused may have anything there, even a secret in the wrong place: only what can be is stored.
function isProjectId(text: string | null): boolean {
  return text !== null && parseProjectId(text) !== undefined;
}

/** Of a key, a token or a session: their secrets have another form. */
function isId(text: string | null): boolean {
  return text !== null && /^[0-9a-f]{8,24}$/.test(text);
}

function isLane(text: string | null): boolean {
  return text !== null && /^[^/]{1,100}(\/\d{1,6})?$/.test(text) && INPUTS['the lane'].safeParse(text).success;
}
