import type { FastifyRequest } from 'fastify';
import { shownHosts } from '../address';
import { SCOPES, type StoryClient } from '../client';
import { StoryreelError } from '../protocol';
import type { App, Caller } from './app';
import { OwnedStories } from './owned-stories';
import { Refusal } from './problem';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

export function isLoopback(address: string): boolean {
  return LOOPBACK.includes(hostOf(address));
}

export interface Doors {
  /** `host:port` where the gateway listens. */
  readonly address: string;
  /** Further names under which it answers. */
  readonly hosts: readonly string[] | undefined;
}

/**
 * Who may come in, before anything of the request is read: no page of another site, no host of another name (a name that was
 * made to point here would make a browser a way in), and nobody without a key. Only on a loopback address, and only as long
 * as there are no keys, whoever is on this machine is the operator.
 */
export function guard(app: App, stories: StoryClient, doors: Doors): void {
  const local = isLoopback(doors.address);
  const allowed = new Set([...(local ? LOOPBACK : []), ...(doors.hosts ?? [])].map((host) => host.toLowerCase()));
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request) => {
    // A supervisor asks by the address of the container, which GATEWAY_HOSTS does not name.
    if (allowed.size > 0 && request.routeOptions.url !== '/healthz') mustBeForUs(request, allowed);
    mustNotBeCrossSite(request);
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    request.caller = await callerOf(request, stories, local);
    if (request.caller.scopes.includes(scope)) return;
    throw new Refusal('Request.Forbidden', `The key lacks the scope "${scope}".`, { scope });
  });
}

function mustBeForUs({ headers }: FastifyRequest, allowed: ReadonlySet<string>): void {
  if (allowed.has(hostOf(headers.host ?? ''))) return;
  throw new StoryreelError('Request.Forbidden', 'The gateway does not answer under this host name: see GATEWAY_HOSTS.');
}

function mustNotBeCrossSite({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  const isForeign = site !== undefined ? !['same-origin', 'none'].includes(String(site)) : isOther(origin, host);
  if (isForeign) throw new StoryreelError('Request.Forbidden', 'The request came from a page of another site.');
}

function isOther(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return false;
  return shownHosts(origin) !== host;
}

async function callerOf({ headers }: FastifyRequest, stories: StoryClient, local: boolean): Promise<Caller> {
  const { authorization } = headers;
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const key = secret === undefined ? undefined : await stories.keys.find(secret);
  if (key) return { keyId: key.id, scopes: key.scopes, stories: new OwnedStories(stories, key.owner) };
  if (local && authorization === undefined && !(await stories.keys.exist())) {
    return { scopes: SCOPES, stories: new OwnedStories(stories, undefined) };
  }
  throw new StoryreelError(
    'Request.Unauthenticated',
    authorization === undefined
      ? 'An API key is needed: Authorization: Bearer sr_… ("storyreel keys create" makes one).'
      : 'This API key does not exist, has expired or was revoked.',
  );
}

/** Without the port, in small letters. */
function hostOf(address: string): string {
  return address.replace(/:\d*$/, '').toLowerCase();
}
