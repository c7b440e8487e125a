import type { FastifyRequest } from 'fastify';
import { SCOPES, type StoryClient } from '../client';
import { StoryreelError } from '../protocol';
import type { App, Caller, Services } from './app';
import { sessionSecrets } from './cookie';
import { isForwarded } from './forwarded';
import { groundOf } from './gone-credentials';
import { OwnedStories } from './owned-stories';
import { Refusal } from './problem';
import { answersUnder, isLoopback, mustBeForUs, mustBeFromOurPage, mustNotBeCrossSite } from './request-origin';
import type { SignInLimit } from './sign-in-limit';
import { verifyToken, type SigningKeys } from './token';
import { mustBeShown } from './token-holder';

/** Where the gateway answers, and the proxies before it. */
export interface GatewayAddress {
  /** The gateway's own `host:port`. */
  readonly address: string;
  /** Further names under which it answers. */
  readonly hosts: readonly string[] | undefined;
  /** Proxies that are believed about the caller's address: addresses, networks or names of ranges. */
  readonly proxies: readonly string[];
}

/** Whether only users of this machine reach the gateway. A proxy is there for others. */
export function isLocal({ address, proxies }: GatewayAddress): boolean {
  return isLoopback(address) && proxies.length === 0;
}

/** How credentials are judged. */
export interface Checks {
  readonly failures: SignInLimit;
  readonly signing: SigningKeys;
}

/**
 * Decides who is admitted, before the request is read: no page of another site, no host of another name, and nobody
 * without a credential. There is one exception: on a loopback address, as long as there are no keys, each user of this
 * machine counts as the operator. What a proxy passes on may come from anybody.
 */
export function guard(
  app: App,
  { stories, limits, open }: Pick<Services, 'stories' | 'limits' | 'open'>,
  place: GatewayAddress,
  { failures, signing }: Checks,
): void {
  const local = isLocal(place);
  const isOurs = answersUnder(place.address, place.hosts);
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request, { raw }) => {
    const { scope, signedIn } = request.routeOptions.config;
    // A supervisor asks by the address of the container, which GATEWAY_HOSTS does not name.
    if (!['/healthz', '/readyz'].includes(request.routeOptions.url ?? '')) mustBeForUs(request, isOurs);
    mustNotBeCrossSite(request);
    if (scope === undefined && signedIn !== true) return;
    request.caller = await callerOf(request, stories, local, { failures, signing }).catch((error: unknown) => {
      // Who is refused is counted, too, by the address.
      limits.count(request);
      throw error;
    });
    open.add(raw, groundOf(request.caller));
    if (request.caller.kind === 'session') mustBeFromOurPage(request);
    mustBeShown(request.caller, request.method, request.routeOptions.url, signedIn === true);
    if (scope === undefined || request.caller.scopes.includes(scope)) return;
    throw new Refusal('Request.Forbidden', `The credential lacks the scope "${scope}".`, { scope });
  });
}

/**
 * The caller of a key or token that is sent as a bearer token; undefined if none is sent. Throws
 * `Request.Unauthenticated`.
 */
export async function bearer(
  { headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>,
  stories: StoryClient,
  { failures, signing }: Checks,
): Promise<(Caller & { readonly kind: 'key' | 'token' }) | undefined> {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const key = secret === undefined ? undefined : await stories.keys.find(secret);
  if (key) {
    const { id, name, owner, scopes, expiresAt } = key;
    return { kind: 'key', id, name, owner, scopes, expiresAt, stories: new OwnedStories(stories, owner) };
  }
  const token = secret === undefined ? undefined : await tokenCaller(secret, stories, signing);
  if (token) return token;
  failures.count(ip);
  throw new StoryreelError(
    'Request.Unauthenticated',
    'This API key or token does not exist, has expired or was revoked.',
  );
}

/** The caller of a signed token that is still valid. */
export async function tokenCaller(
  secret: string,
  stories: StoryClient,
  signing: SigningKeys,
): Promise<(Caller & { readonly kind: 'token' }) | undefined> {
  const token = verifyToken(signing, secret);
  // A link to one medium opens nothing else.
  if (!token || token.sha256 !== undefined || (await stories.tokens.findInvalid([token.id])).length > 0)
    return undefined;
  const { id, projectId: only, expiresAt } = token;
  const own = new OwnedStories(stories, undefined, only);
  return { kind: 'token', id, owner: undefined, scopes: ['read'], only, expiresAt, stories: own };
}

async function callerOf(
  request: FastifyRequest,
  stories: StoryClient,
  local: boolean,
  checks: Checks,
): Promise<Caller> {
  // A header that the caller has set counts more than the cookie that the browser adds.
  const caller = await bearer(request, stories, checks);
  if (caller) return caller;
  for (const secret of sessionSecrets(request)) {
    const session = await stories.sessions.find(secret);
    if (!session) continue;
    const { id, name, owner, scopes, only, expiresAt } = session;
    const own = new OwnedStories(stories, owner, only);
    return { kind: 'session', id, name, owner, scopes, only, expiresAt, stories: own };
  }
  if (local && !isForwarded(request) && !(await stories.keys.hasAny())) {
    return { kind: 'open', owner: undefined, scopes: SCOPES, stories: new OwnedStories(stories, undefined) };
  }
  const isOver = sessionSecrets(request).length > 0;
  throw new StoryreelError(
    'Request.Unauthenticated',
    isOver ? 'The session has ended, and no other credential was sent.' : 'No credential was sent.',
  );
}
