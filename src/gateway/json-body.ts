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
      const text = utf8(body as Buffer);
      void parse(request, text, (error, value) => done(error && notJson(text), value));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The message of the parser is not shown, because it may quote the body. */
function notJson(text: string): StoryreelError {
  let at: string | undefined;
  try {
    JSON.parse(text);
    return new StoryreelError('Request.Invalid', 'The body has a name that no field may have, such as __proto__.');
  } catch (error) {
    at = /position (\d+)/.exec((error as Error).message)?.[1];
  }
  const where = at === undefined ? '' : ` from character ${Number(at) + 1} on`;
  return new StoryreelError(
    'Request.Invalid',
    `The body is not JSON${where}: names and texts are in double quotes, and no comma is behind the last item.`,
  );
}

/** Faulty bytes would be stored as other characters. */
function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StoryreelError('Request.Invalid', 'The body is not UTF-8.');
  }
}
