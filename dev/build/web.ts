/** The live page: bundled, named by content, and compressed once, so that the gateway only sends files. */
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXTS = new Set(['.js', '.css', '.html', '.svg', '.map']);

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#964a08" d="M0 0h8v8h8v8H8V8H0z"/></svg>\n';

export async function buildWeb(root: string): Promise<void> {
  const [from, to] = [join(root, 'web'), join(root, 'dist', 'web')];
  const assets = join(to, 'assets');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const { metafile } = await build({
    entryPoints: ['main.tsx', 'first-paint.ts', 'style/main.css'].map((each) => join(from, each)),
    outdir: assets,
    entryNames: '[dir]/[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
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
  writeFileSync(
    join(to, 'shell.html'),
    shell({ script: made('main.tsx'), first: made('first-paint.ts'), style: made('style/main.css') }),
  );
  compress(to);
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
function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!TEXTS.has(extname(basename(name)))) continue;
    const file = join(folder, name);
    const whole = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(whole, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}
