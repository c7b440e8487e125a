import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { StoryreelError } from '../protocol';
import type { App } from './app';

/** Headers of which a request has one. Of two, this server and a proxy in front of it could each take another one. */
const ONCE = new Set([
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'if-range',
  'last-event-id',
  'range',
  'storyreel-by',
]);

/**
 * The request's name in its answer, in the log and in the audit. It is the caller's own, so that the caller's log and
 * ours can be read together. Otherwise it is one that no other request has.
 */
export function nameOfRequest({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

/** Nobody guesses which of two is meant. Node itself drops one of them, or joins both. */
export function refuseRepeatedHeaders(app: App): void {
  app.addHook('onRequest', ({ raw: { rawHeaders } }, _reply, done) => {
    const seen = new Set<string>();
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]?.toLowerCase() ?? '';
      if (!ONCE.has(name)) continue;
      if (seen.has(name)) throw new StoryreelError('Request.Invalid', `The header ${name} was sent more than once.`);
      seen.add(name);
    }
    done();
  });
}
