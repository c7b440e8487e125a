import type { FastifyRequest } from 'fastify';
import { SESSION_SECONDS } from '../client';

const PLAIN = 'storyreel';
/** Browsers take this name only over TLS, for one host and all of its paths, so that no other host can set it. */
const SECURE = '__Host-storyreel';
const SECRET = /^[\w-]{43}$/;

/** The session secrets that the browser has sent; first the one that only this host can have set. */
export function sessionSecrets({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return [SECURE, PLAIN].flatMap((name) =>
    pairs.flatMap(([key, value = '']) => (key === name && SECRET.test(value) ? [value] : [])),
  );
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
