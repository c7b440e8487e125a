import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The entries of the package; package.json names the same. */
const ENTRIES = {
  client: 'src/client/index.d.ts',
  worker: 'src/worker/index.d.ts',
  protocol: 'src/protocol/entry.d.ts',
  'http-client': 'src/http-client/index.d.ts',
  testing: 'dev/studio/index.d.ts',
};

/**
 * Writes the types of the package: of each entry what it exports, and what that is made of. Files stay
 * apart, so that an id of one entry is an id of the others. Types that no entry shows, and the packages that only these
 * name, are left out.
 */
export async function buildTypes(root: string): Promise<void> {
  // Loaded only here, because the rest of the build does without them.
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const compiled = join(root, 'dist');
  const bundle = await rollup({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(compiled, file)])),
    // `stream` and the like are no files; a type needs no module for its effects.
    external: (name) => !/^[./]/.test(name),
    plugins: [dts(), { name: 'no effects', renderChunk: (code) => code.replace(/^import '[^']*';\n/gm, '') }],
    treeshake: { moduleSideEffects: false },
  });
  const folder = join(compiled, 'types');
  rmSync(folder, { recursive: true, force: true });
  await bundle.write({
    dir: folder,
    format: 'es',
    preserveModules: true,
    preserveModulesRoot: compiled,
    entryFileNames: ({ name }) => `${name.replace(/\.d$/, '')}.d.ts`,
  });
  await bundle.close();
  for (const [name, file] of Object.entries(ENTRIES)) {
    markTypes(join(folder, `${name}.d.ts`), readFileSync(join(compiled, file), 'utf8'));
  }
}

/** A class whose type alone is exported must not look as if it could be imported. Rollup leaves that word out. */
function markTypes(file: string, source: string): void {
  const types = new Set<string>();
  for (const [, all, names = ''] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const each of names.split(',')) if (all || /^\s*type\s/.test(each)) types.add(exportedAs(each));
  }
  const written = readFileSync(file, 'utf8').replace(/^export \{([^}]*)\}/gm, (_, names: string) => {
    const marked = names.split(',').map((each) => `${types.has(exportedAs(each)) ? ' type' : ''} ${each.trim()}`);
    return `export {${marked.join(',')} }`;
  });
  writeFileSync(file, written);
}

/** The name of `a`, of `type a` and of `b as a`. */
function exportedAs(item: string): string {
  return item.trim().split(/\s+/).at(-1) ?? '';
}
