import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { INPUTS, type Audit } from '../../client';
import { parseProjectId } from '../../protocol';
import type { App } from '../app';
import { credentialOf } from '../gone-credentials';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const entry = z.looseObject({
  id: z.string(),
  at: z.iso.datetime(),
  owner: z.string().nullable(),
  credential: z.string().nullable(),
  action: z.string(),
  project: z.string().nullable(),
  lane: z.string().nullable(),
  versionBefore: z.int().nullable(),
  versionAfter: z.int().nullable(),
  status: z.int(),
  code: z.string().nullable(),
  requestId: z.string(),
});

/** Stores who has asked for which change, and what came of it, after each answer. */
export function recordChanges(app: App, audit: Audit): void {
  const said = new WeakMap<FastifyRequest, { readonly version?: unknown; readonly code?: unknown }>();
  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (!SAFE.includes(request.method) && typeof payload === 'object' && payload !== null) said.set(request, payload);
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    const { caller, method, params, body } = request;
    // What only reads, like an estimate, changes nothing, whatever its method.
    if (SAFE.includes(method) || request.routeOptions.config.scope === 'read' || !caller) return;
    const { version, code } = said.get(request) ?? {};
    const before = /^"v(\d{1,9})\b/.exec(request.headers['if-match'] ?? '')?.[1];
    const named = [textIn(params, 'id'), textIn(said.get(request), 'projectId'), textIn(body, 'project')];
    const project = named.find((each) => parseProjectId(each) !== undefined) ?? null;
    const lane = textIn(body, 'lane');
    await audit
      .add({
        ...{ owner: caller.owner ?? null, credential: credentialOf(caller) ?? null, requestId: request.id },
        ...{ action: `${method} ${request.routeOptions.url}`, project, lane: isLane(lane) ? lane : null },
        ...{ versionBefore: before === undefined ? null : Number(before), status: reply.statusCode },
        ...{ versionAfter: typeof version === 'number' && reply.statusCode < 400 ? version : null },
        code: typeof code === 'string' ? code : null,
      })
      .catch((err: unknown) => request.log.error({ err }, 'the audit could not be written'));
  });
}

export function addAudit(app: App, audit: Audit): void {
  app.get(
    '/v1/audit',
    {
      config: { scope: 'admin' },
      schema: {
        summary: 'Who has changed what, newest first',
        querystring: z.strictObject({
          after: z
            .string()
            .regex(/^\d{1,18}$/, 'must be the `next` of a page')
            .optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
        response: { 200: z.looseObject({ entries: z.array(entry), next: z.string().optional() }) },
      },
    },
    async (request) => audit.page({ ...request.query, owner: request.caller?.owner }),
  );
}

/** A request that was refused may have anything there, even a secret in the wrong place: only what can be is stored. */
function textIn(from: unknown, name: string): string {
  const value = typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}

function isLane(text: string): boolean {
  return /^[^/]{1,100}(\/\d{1,6})?$/.test(text) && INPUTS['the lane'].safeParse(text).success;
}
