import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoryreelError } from '../../protocol';
import type { App } from '../app';
import { isKnown, tagOf } from '../conditional';
import { CSP } from '../security-headers';

/** Addresses of the page's screens; which one it is, the page reads from its own address. */
const SCREENS = ['/', '/new', '/p/:id', '/b', '/b/:batchId', '/review', '/providers', '/settings', '/w/:id'];

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** The page makes no policy for text that becomes HTML. */
const POLICY = `${CSP}; trusted-types 'none'`;

interface PageFile {
  readonly type: string;
  readonly tag: string;
  readonly whole: Buffer;
  readonly encoded: ReadonlyMap<string, Buffer>;
}

/**
 * The live page, which `npm run build` has made: a few small files, held in memory. They are read again when they were made
 * again, so that whoever changes the page need not start the gateway anew.
 */
export function addPage(app: App): void {
  const shell = join(pageFolder() ?? '', 'shell.html');
  const madeAt = () => statSync(shell, { throwIfNoEntry: false })?.mtimeMs;
  let known = madeAt();
  let files = readPage();
  const newest = () => {
    const at = madeAt();
    if (at !== undefined && at !== known) [known, files] = [at, readPage()];
    return files;
  };
  const schema = { hide: true };
  for (const url of SCREENS) {
    app.get(url, { schema }, async (request, reply) => {
      void reply.header('content-security-policy', POLICY);
      return sendFile(request, reply, newest().get('/shell.html'), 'no-cache');
    });
  }
  app.get('/assets/*', { schema }, async (request, reply) =>
    sendFile(request, reply, files.get(request.url.split('?')[0] ?? ''), 'public, max-age=31536000, immutable'),
  );
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile | undefined, cache: string) {
  if (!file) throw new StoryreelError('Request.NotFound', 'The page has no such file. Run npm run build.');
  const accepted = request.headers['accept-encoding'] ?? '';
  const [encoding] = ENCODINGS.find(([name]) => file.encoded.has(name) && accepts(accepted, name)) ?? [];
  void reply.headers({ 'cache-control': cache, vary: 'accept-encoding', etag: file.tag }).type(file.type);
  if (isKnown(request, file.tag)) return reply.code(304).send();
  if (encoding !== undefined) void reply.header('content-encoding', encoding);
  return reply.send((encoding && file.encoded.get(encoding)) ?? file.whole);
}

/** Whether the list (RFC 9110, 12.5.3) names this coding, and not with a weight of 0. */
function accepts(header: string, coding: string): boolean {
  return header.split(',').some((each) => {
    const [name, ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function pageFolder(): string | undefined {
  // Compiled, this file lies in dist/src/gateway/routes; before that, in src/gateway/routes.
  const up = join(__dirname, '..', '..', '..');
  return [join(up, 'web'), join(up, 'dist', 'web')].find((each) => existsSync(join(each, 'shell.html')));
}

function readPage(): ReadonlyMap<string, PageFile> {
  const folder = pageFolder();
  const files = new Map<string, PageFile>();
  if (folder === undefined) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(folder, name);
    const whole = readFileSync(path);
    const encoded = new Map(
      ENCODINGS.flatMap(([encoding, ending]) =>
        existsSync(path + ending) ? [[encoding, readFileSync(path + ending)] as const] : [],
      ),
    );
    files.set(`/${name.replaceAll('\\', '/')}`, { type, tag: tagOf(whole.toString('base64')), whole, encoded });
  }
  return files;
}
