import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** The entries of the package; package.json names the same. */
const ENTRIES = {
  client: 'src/client/index.d.ts',
  worker: 'src/worker/index.d.ts',
  protocol: 'src/protocol/index.d.ts',
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
    ...{ dir: folder, format: 'es', preserveModules: true, preserveModulesRoot: compiled },
    entryFileNames: ({ name }) => `${name.replace(/\.d$/, '')}.d.ts`,
  });
  await bundle.close();
}
