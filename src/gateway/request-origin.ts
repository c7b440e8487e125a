import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { urlOf } from '../address';
import { StoryreelError } from '../protocol';
import { canonicalAddress, isWithin } from './forwarded';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const isLoopbackAddress = isWithin(['loopback']);

/** Whether only this machine has the address. A name like `x.localhost` does not count: a resolver may know another. */
export function isLoopback(address: string): boolean {
  const host = hostOf(address);
  return host === 'localhost' || isLoopbackAddress(host);
}

/** Whether a gateway at this address answers under the host of a request. */
export function answersUnder(address: string, hosts: readonly string[] = []): (host: string) => boolean {
  const names = new Set(hosts.map(hostOf));
  if (isLoopback(address)) return (host) => isLoopback(host) || names.has(hostOf(host));
  return (host) => names.size === 0 || names.has(hostOf(host));
}

/** The path of a request. If its address names a host, as for a proxy, that counts more than the header (RFC 9112, 3.2.2). */
export function ownPath({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const [, host, path = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  if (host === undefined) return url;
  if (headers.host !== undefined) headers.host = host;
  return path.startsWith('/') ? path : `/${path}`;
}

/** A name that was made to point at this machine would make a browser a way in. */
export function mustBeForUs(
  { headers }: Pick<FastifyRequest, 'headers'>,
  isOurs: ReturnType<typeof answersUnder>,
): void {
  if (headers.host === undefined) throw new StoryreelError('Request.Invalid', 'The request names no Host.');
  if (isOurs(headers.host)) return;
  throw new StoryreelError('Request.Forbidden', 'The gateway does not answer under this host name: see GATEWAY_HOSTS.');
}

/** A link on another site may lead to the page, because the page itself contains no data. */
export function mustNotBeCrossSite(request: FastifyRequest): void {
  const { headers, method, routeOptions } = request;
  const site = headers['sec-fetch-site'];
  const isForeign = site !== undefined ? !isOwnSite(site) : isOther(headers);
  if (!isForeign) return;
  if (method === 'GET' && routeOptions.config.embedded === true) return;
  const isOpen = routeOptions.config.scope === undefined && routeOptions.config.signedIn !== true;
  if (method === 'GET' && isOpen && headers['sec-fetch-mode'] === 'navigate') return;
  throw new StoryreelError('Request.Forbidden', 'The request came from a page of another site.');
}

/**
 * A browser adds the cookie to the requests of any page. Therefore a request that changes something must itself state
 * that a page of this host sent it.
 */
export function mustBeFromOurPage({ headers, method }: FastifyRequest): void {
  if (SAFE.includes(method)) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined ? isOwnSite(site) : headers.origin !== undefined && !isOther(headers)) return;
  throw new StoryreelError(
    'Request.Forbidden',
    'A change with a session must come from a page of this host: it has neither Sec-Fetch-Site nor Origin.',
  );
}

function isOwnSite(site: string | string[]): boolean {
  return ['same-origin', 'none'].includes(String(site));
}

/** A proxy may name the port that the scheme implies, which an origin leaves out. */
function isOther({ origin, host = '' }: FastifyRequest['headers']): boolean {
  if (origin === undefined) return false;
  try {
    const { protocol, host: theirs } = urlOf(origin);
    return urlOf(`${protocol}//${host}`).host !== theirs;
  } catch {
    return true;
  }
}

/** Without the port, in the one form of its spellings: small letters, no dot at the end, and IP addresses as themselves. */
function hostOf(address: string): string {
  const host = address.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  return canonicalAddress(host) ?? host;
}
