import { z } from 'zod';
import type { ApiKeys, ApiKeyView, NewApiKey } from '../../client';
import { INPUTS } from '../../client/internal';
import { SCOPES, StoryreelError } from '../../protocol';
import type { App, Caller } from '../app';
import { Refusal } from '../problem';
import { empty } from '../schemas';

const key = z.looseObject({
  id: z.string(),
  name: z.string(),
  owner: z.string().optional(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  lastUsedAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
});
const admin = { scope: 'admin' } as const;

/**
 * Keys over HTTP. A caller cannot issue more than the caller has: neither another owner's projects nor a missing scope.
 */
export function addKeys(app: App, keys: ApiKeys): void {
  app.post(
    '/v1/keys',
    {
      config: admin,
      schema: {
        summary: 'Make an API key; its secret is shown this once',
        body: INPUTS['the key'],
        response: { 201: key.extend({ secret: z.string() }) },
      },
    },
    async (request, reply) => {
      const caller = request.caller as Caller;
      const made = await keys.create(within(caller, request.body as NewApiKey));
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );
  app.get(
    '/v1/keys',
    {
      config: admin,
      schema: { summary: 'API keys, oldest first', response: { 200: z.looseObject({ keys: z.array(key) }) } },
    },
    async (request) => ({ keys: await visible(request.caller as Caller, keys) }),
  );
  app.delete(
    '/v1/keys/:key',
    {
      config: admin,
      schema: {
        summary: 'Revoke an API key; its sessions and streams end within a second',
        params: z.strictObject({ key: INPUTS['the name'] }),
        response: { 204: empty },
      },
    },
    async (request, reply) => {
      const { key: id } = request.params;
      const known = await visible(request.caller as Caller, keys);
      if (known.some((each) => each.id === id) && (await keys.revoke(id))) return reply.code(204).send(null);
      throw new StoryreelError('Request.NotFound', 'There is no such key that counts.');
    },
  );
}

async function visible({ owner }: Caller, keys: ApiKeys): Promise<ApiKeyView[]> {
  return (await keys.list()).filter((each) => owner === undefined || each.owner === owner);
}

function within({ owner, scopes }: Caller, wanted: NewApiKey): NewApiKey {
  const most = owner === undefined && wanted.owner !== undefined ? scopes.filter((each) => each !== 'admin') : scopes;
  const lacking = wanted.scopes?.find((scope) => !scopes.includes(scope));
  if (lacking !== undefined) {
    throw new Refusal('Request.Forbidden', `The credential lacks the scope "${lacking}".`, { scope: lacking });
  }
  if (owner !== undefined && wanted.owner !== undefined && wanted.owner !== owner) {
    const detail = 'must be left out, or be the owner of the credential';
    throw new Refusal('Project.Invalid', `The body cannot be taken. owner: ${detail}`, {
      errors: [{ pointer: '/owner', detail }],
    });
  }
  return { ...wanted, ...(owner !== undefined && { owner }), scopes: wanted.scopes ?? most };
}
