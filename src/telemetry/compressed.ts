import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Answers with a text, compressed if the client accepts that: metrics shrink to a tenth of their bytes. */
export async function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  text: string,
): Promise<void> {
  const headers = { 'content-type': contentType, vary: 'accept-encoding' };
  if (!takesGzip(request.headers['accept-encoding'])) {
    response.writeHead(200, headers).end(text);
    return;
  }
  const body = await compress(text);
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
}

/** By the rules of HTTP: `gzip`, unless its weight is 0; its own entry counts before `*`. */
export function takesGzip(accepted: string | string[] | undefined): boolean {
  const weights = new Map(
    String(accepted ?? '')
      .split(',')
      .map((part) => {
        const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
        const weight = parameters.find((piece) => /^q\s*=/.test(piece))?.split('=')[1];
        return [name, weight === undefined ? 1 : Number(weight)];
      }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}
