import type { FastifyRequest } from 'fastify';
import { SCOPES, type StoryClient } from '../client';
import { StoryreelError } from '../protocol';
import type { App, Caller } from './app';
import { sessionSecrets } from './cookie';
import { OwnedStories } from './owned-stories';
import { Refusal } from './problem';
import { allowedHosts, isLoopback, mustBeForUs, mustBeFromOurPage, mustNotBeCrossSite } from './request-origin';
import type { SignInLimit } from './sign-in-limit';

export interface Doors {
  /** `host:port` where the gateway listens. */
  readonly address: string;
  /** Further names under which it answers. */
  readonly hosts: readonly string[] | undefined;
}

/**
 * Who may come in, before anything of the request is read: no page of another site, no host of another name, and nobody
 * without a credential. Only on a loopback address, and only as long as there are no keys, whoever is on this machine is
 * the operator.
 */
export function guard(app: App, stories: StoryClient, doors: Doors, failures: SignInLimit): void {
  const local = isLoopback(doors.address);
  const allowed = allowedHosts(doors.address, doors.hosts);
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request) => {
    mustBeForUs(request, allowed);
    mustNotBeCrossSite(request);
    const { scope, signedIn } = request.routeOptions.config;
    if (scope === undefined && signedIn !== true) return;
    request.caller = await callerOf(request, stories, local, failures);
    if (request.caller.kind === 'session') mustBeFromOurPage(request);
    if (scope === undefined || request.caller.scopes.includes(scope)) return;
    throw new Refusal('Request.Forbidden', `The credential lacks the scope "${scope}".`, { scope });
  });
}

/** Of an API key that is sent as a bearer token; undefined where none is sent. Throws `Request.Unauthenticated`. */
export async function keyCaller(
  { headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>,
  stories: StoryClient,
  failures: SignInLimit,
): Promise<(Caller & { readonly kind: 'key' }) | undefined> {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const key = secret === undefined ? undefined : await stories.keys.find(secret);
  if (key) {
    const { id, owner, scopes, expiresAt } = key;
    return { kind: 'key', id, owner, scopes, expiresAt, stories: new OwnedStories(stories, owner) };
  }
  failures.count(ip);
  throw new StoryreelError('Request.Unauthenticated', 'This API key does not exist, has expired or was revoked.');
}

async function callerOf(
  request: FastifyRequest,
  stories: StoryClient,
  local: boolean,
  failures: SignInLimit,
): Promise<Caller> {
  // What is stated by hand counts more than what the browser adds.
  const caller = await keyCaller(request, stories, failures);
  if (caller) return caller;
  for (const secret of sessionSecrets(request)) {
    const session = await stories.sessions.find(secret);
    if (!session) continue;
    const { id, owner, scopes, expiresAt } = session;
    return { kind: 'session', id, owner, scopes, expiresAt, stories: new OwnedStories(stories, owner) };
  }
  if (local && !(await stories.keys.exist())) {
    return { kind: 'open', owner: undefined, scopes: SCOPES, stories: new OwnedStories(stories, undefined) };
  }
  throw new StoryreelError(
    'Request.Unauthenticated',
    'An API key is needed: Authorization: Bearer sr_… ("storyreel keys create" makes one), or a session ("storyreel login").',
  );
}
