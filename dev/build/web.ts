/** The live page: bundled, named by content, and compressed once, so that the gateway only sends files. */
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXTS = new Set(['.js', '.css', '.html', '.svg', '.map']);

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#964a08" d="M0 0h8v8h8v8H8V8H0z"/></svg>\n';

/** Asks for the page's own address again and again, and loads the page again when it is another. Unsaved edits survive that. */
const RELOAD = `let tag;
setInterval(async () => {
  const answer = await fetch('/', { method: 'HEAD' }).catch(() => undefined);
  const now = answer?.headers.get('etag');
  if (tag && now && now !== tag) location.reload();
  tag = now ?? tag;
}, 700);
`;

/** With `reload`, for those who change the page: `npm run dev`. */
export async function buildWeb(root: string, { reload = false } = {}): Promise<void> {
  const [from, to] = [join(root, 'web'), join(root, 'dist', 'web')];
  const assets = join(to, 'assets');
  // An open page still asks for the files that it began with.
  if (!reload) rmSync(to, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const { metafile } = await build({
    entryPoints: ['main.tsx', 'first-paint.ts', 'style/main.css'].map((each) => join(from, each)),
    outdir: assets,
    entryNames: '[dir]/[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    // Chinese as it is: escaped, each letter would take six bytes.
    charset: 'utf8',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: join(from, 'tsconfig.json'),
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
  });
  const made = (entry: string) => {
    const [path] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === `web/${entry}`) ?? [];
    if (path === undefined) throw new Error(`esbuild made nothing of web/${entry}`);
    return path.slice(path.indexOf('/assets/'));
  };
  writeFileSync(join(assets, 'icon.svg'), ICON);
  const page = shell({ script: made('main.tsx'), first: made('first-paint.ts'), style: made('style/main.css') });
  if (reload) writeFileSync(join(assets, 'reload.js'), RELOAD);
  const again = '<script type="module" src="/assets/reload.js"></script>\n</head>';
  for (const name of readdirSync(assets, { recursive: true, encoding: 'utf8' }))
    if (TEXTS.has(extname(name))) compress(join(assets, name));
  // Last, and its own text after what is made of it: a gateway that runs reads all again when this one is new.
  const whole = join(to, 'shell.html');
  writeFileSync(`${whole}.new`, reload ? page.replace('</head>', again) : page);
  compress(`${whole}.new`, whole);
  renameSync(`${whole}.new`, whole);
}

function shell({ script, first, style }: { readonly script: string; readonly first: string; readonly style: string }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Storyreel</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="${style}">
<script type="module" src="${first}" blocking="render"></script>
<script type="module" src="${script}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p>This page needs JavaScript. The same is there for other programs: <a href="/v1">/v1</a>.</p></noscript>
</body>
</html>
`;
}

/** A browser is never sent more than it can be. */
function compress(file: string, as = file): void {
  const whole = readFileSync(file);
  writeFileSync(`${as}.gz`, gzipSync(whole, { level: 9 }));
  writeFileSync(`${as}.br`, brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
