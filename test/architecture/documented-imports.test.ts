import { posix } from 'node:path';
import { filesBelow, projectFile } from './project-files';

/** The file of each entry of the package, as dev/build/types.ts and package.json have them. */
const ENTRIES: Readonly<Record<string, string>> = {
  storyreel: 'src/client/index.ts',
  'storyreel/worker': 'src/worker/index.ts',
  'storyreel/protocol': 'src/protocol/entry.ts',
  'storyreel/http-client': 'src/http-client/index.ts',
  'storyreel/testing': 'dev/studio/index.ts',
};

const documents = ['README.md', ...filesBelow('docs')].filter((path) => path.endsWith('.md'));
const IMPORT = /(?:import (?:type )?\{([^}]*)\} from|const \{([^}]*)\} = require\() ?'(storyreel[^']*)'/g;

function exportsOf(file: string): string[] {
  const text = projectFile(file);
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => namesIn(names));
  const wholes = [...text.matchAll(/^export \* from '([^']*)'/gm)];
  return [...lists, ...wholes.flatMap(([, other = '']) => exportsOf(posix.join(posix.dirname(file), `${other}.ts`)))];
}

/** The name outside of the entry of `a`, of `type a` and of `b as a`. */
function namesIn(list: string): string[] {
  return list.split(',').flatMap((each) => each.trim().split(/\s+/).at(-1) || []);
}

test('Each name that a document imports from the package is exported there', () => {
  const imports = documents.flatMap((path) =>
    [...projectFile(path).matchAll(IMPORT)].flatMap(([, imported, required, entry = '']) =>
      namesIn(imported ?? required ?? '').map((name) => ({ path, name, entry })),
    ),
  );
  expect(imports.length).toBeGreaterThan(10);
  expect(imports.filter(({ name, entry }) => !exportsOf(ENTRIES[entry] ?? '').includes(name))).toEqual([]);
});

test('The entries are those of package.json', () => {
  const { exports } = JSON.parse(projectFile('package.json')) as { exports: Record<string, { default?: string }> };
  const files = Object.entries(exports).flatMap(([name, { default: file }]) =>
    file === undefined ? [] : [[name.replace(/^\./, 'storyreel'), file.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts')]],
  );
  expect(Object.fromEntries(files)).toEqual(ENTRIES);
});
