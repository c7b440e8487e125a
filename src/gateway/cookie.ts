import type { FastifyRequest } from 'fastify';
import { SESSION_SECONDS } from '../client/internal';

const PLAIN = 'storyreel';
/** Browsers take this name only over TLS, for one host and all of its paths, so that no other host can set it. */
const SECURE = '__Host-storyreel';
/** Each is looked up, and a page of a neighbouring host can plant many. */
const MAX = 4;
const SECRET = /^[\w-]{43}$/;

/**
 * The session secrets that the browser has sent; first the one that only this host can have set. At an https address
 * there is no other: a neighbouring host could have planted it, and with it somebody else's session.
 */
export function sessionSecrets(request: Pick<FastifyRequest, 'headers' | 'protocol'>): string[] {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const secrets = (isSecure(request) ? [SECURE] : [SECURE, PLAIN]).flatMap((name) =>
    pairs.flatMap(([key, value = '']) => (key === name && SECRET.test(value) ? [value] : [])),
  );
  return secrets.slice(0, MAX);
}

/** No script can read it, and no other site's form can send it. */
export function sessionCookie(request: Pick<FastifyRequest, 'headers' | 'protocol'>, secret: string): string {
  return cookie(isSecure(request) ? SECURE : PLAIN, secret, SESSION_SECONDS);
}

/** Has the browser forget the session, by whichever name it came. */
export function noSessionCookies(): string[] {
  return [cookie(SECURE, '', 0), cookie(PLAIN, '', 0)];
}

function cookie(name: string, value: string, seconds: number): string {
  const secure = name === SECURE ? '; Secure' : '';
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/**
 * Whether the browser is at an https address. TLS ends at a proxy: the browser itself states the page's origin, and
 * `request.protocol` is what a trusted proxy states.
 */
function isSecure({ headers, protocol }: Pick<FastifyRequest, 'headers' | 'protocol'>): boolean {
  return headers.origin?.startsWith('https:') === true || protocol === 'https';
}
