import { StoryreelError } from '../protocol';
import type { App } from './app';
import { Refusal } from './problem';

/** Bodies are JSON in UTF-8 (RFC 8259), and nothing else: a page of another site can send a text without asking. */
export function takeJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  // The type of nothing does not matter: many clients state one with each request.
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const length = headers['content-length'] ?? '0';
    if (headers['transfer-encoding'] === undefined && Number(length) === 0) delete headers['content-type'];
    done();
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      return done(new Refusal('Request.Invalid', 'The body must be sent without a Content-Encoding.', { status: 415 }));
    }
    try {
      void parse(request, utf8(body as Buffer), done);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Faulty bytes would be stored as other characters. */
function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StoryreelError('Request.Invalid', 'The body is not UTF-8.');
  }
}
