import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The arrows between the top folders and files of src: each row names all that its folder may import. A folder of src
 * without a row, and an arrow that lint does not hold, fail test/architecture/import-arrows.test.ts.
 */
export const ARROWS = {
  protocol: [],
  workflows: ['protocol'],
  entities: ['protocol'],
  storage: ['protocol', 'config.ts', 'media-url.ts', 'with-timeout.ts'],
  stream: ['protocol', 'address.ts', 'config.ts', 'grown-text.ts', 'logger.ts', 'with-timeout.ts'],
  providers: ['protocol', 'address.ts', 'grown-text.ts'],
  stages: ['protocol', 'entities', 'storage', 'providers'],
  planning: ['protocol', 'entities', 'stages', 'config.ts', 'trust.ts'],
  telemetry: ['protocol', 'stream', 'address.ts', 'config.ts', 'logger.ts', 'scrub.ts', 'with-timeout.ts'],
  temporal: ['protocol', 'address.ts', 'config.ts', 'scrub.ts'],
  readiness: ['protocol', 'entities', 'storage', 'stream', 'config.ts', 'logger.ts', 'shell-word.ts'],
  activities: [
    'protocol',
    'planning',
    'stages',
    'providers',
    'stream',
    'telemetry',
    'entities',
    'storage',
    'config.ts',
    'log-context.ts',
    'logger.ts',
    'program-env.ts',
    'scrub.ts',
    'unescaped.ts',
    'with-timeout.ts',
  ],
  client: [
    'protocol',
    'planning',
    'stream',
    'telemetry',
    'entities',
    'temporal',
    'readiness',
    'config.ts',
    'logger.ts',
    'with-timeout.ts',
  ],
  worker: [
    'protocol',
    'stages',
    'activities',
    'providers',
    'temporal',
    'readiness',
    'entities',
    'stream',
    'telemetry',
    'storage',
    'address.ts',
    'config.ts',
    'full-disks.ts',
    'log-context.ts',
    'logger.ts',
    'needed-packages.ts',
    'with-timeout.ts',
  ],
  'http-client': ['protocol', 'client'],
  gateway: ['protocol', 'client', 'storage', 'address.ts', 'config.ts', 'logger.ts', 'scrub.ts'],
  cli: [
    'protocol',
    'client',
    'gateway',
    'worker',
    'temporal',
    'readiness',
    'entities',
    'stream',
    'storage',
    'telemetry',
    'address.ts',
    'config.ts',
    'logger.ts',
    'pretty-lines.ts',
    'scrub.ts',
    'shell-word.ts',
    'trust.ts',
    'with-timeout.ts',
  ],
  'config.ts': [
    'protocol',
    'config-secrets.ts',
    ...['address.ts', 'media-url.ts', 'scrub.ts', 'setting-values.ts', 'temporal-profile.ts'],
  ],
  'config-secrets.ts': ['address.ts', 'config.ts', 'scrub.ts'],
  'setting-values.ts': ['address.ts'],
  'address.ts': [],
  'grown-text.ts': [],
  'media-url.ts': ['address.ts'],
  'needed-packages.ts': ['protocol'],
  'program-env.ts': [],
  'temporal-profile.ts': ['protocol'],
  'full-disks.ts': ['logger.ts'],
  'logger.ts': ['protocol', 'log-context.ts', 'logged-error.ts', 'scrub.ts'],
  'log-context.ts': [],
  'pretty-lines.ts': ['logger.ts'],
  'logged-error.ts': ['scrub.ts'],
  'scrub.ts': ['unescaped.ts'],
  'shell-word.ts': [],
  'unescaped.ts': [],
  'trust.ts': ['address.ts'],
  'with-timeout.ts': [],
};

/** For browsers, and for what the package's own processes need but its users do not. */
const SECOND_INDEXES = { protocol: ['./viewer/index.ts'], client: ['./internal.ts'] };

const folders = Object.keys(ARROWS).filter((name) => !name.endsWith('.ts'));

const zones = [
  { target: './src', from: ['./dev', './bench', './test'], message: 'src never imports dev, bench or test.' },
  ...Object.entries(ARROWS).map(([name, allowed]) => ({
    target: `./src/${name}`,
    from: './src',
    except: [name, ...allowed].map((other) => `./${other}`),
    message: `src/${name} may import ${allowed.join(', ') || 'nothing but itself'}.`,
  })),
  ...folders.map((folder) => ({
    target: [`./src/!(${folder})/**/*`, './src/*.ts', './dev', './bench'],
    from: `./src/${folder}`,
    except: ['./index.ts', ...(SECOND_INDEXES[folder] ?? [])],
    message: `Import what src/${folder}/index.ts exports.`,
  })),
];

const arrows = {
  plugins: { 'import-x': importX },
  settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })] },
  rules: { 'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }] },
};

const restrictImports = (pattern) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns: [pattern] }],
});

const restrictSyntax = (...selectors) => ({ 'no-restricted-syntax': ['error', ...selectors] });

const namedExports = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  // src/protocol/public.ts names what two doors export.
  { selector: 'ExportAllDeclaration:not([source.value="./public"])', message: 'Name what is exported.' },
];

const noKeptSignals = {
  selector: 'MemberExpression[object.name="AbortSignal"][property.name="any"]',
  message: 'Node 20 keeps these for ever. Use linkSignals of src/providers.',
};

const oneParser = {
  selector:
    'NewExpression[callee.name="URL"], CallExpression[callee.object.name="URL"][callee.property.name=/^(parse|canParse)$/]',
  message: 'Only src/address.ts takes an address apart.',
};

/** What TypeScript could not check is checked when the program runs: by a guard, or a reader of src/protocol/shape.ts. */
const noForcedTypes = [
  { selector: 'TSAsExpression > TSAsExpression.expression', message: 'Check the value instead of casting it twice.' },
  { selector: 'TSAsExpression > TSNeverKeyword.typeAnnotation', message: 'Give the parameter its type instead.' },
  { selector: 'TSNonNullExpression', message: 'State what happens where there is none.' },
  { selector: 'TSTypeAssertion', message: 'Write it with "as".' },
];

/** An id has its type because a parser of src/protocol/ids.ts has read it, or because the row's column has it. */
const IDS = '[typeName.name=/^(ProjectId|LaneId|BatchId|Cursor)$/]';
const noCastIds = {
  selector: `TSAsExpression > TSTypeReference.typeAnnotation${IDS}, TSAsExpression > .typeAnnotation TSTypeReference${IDS}`,
  message: 'Read the id with a parser of src/protocol/ids.ts, or give the column its type.',
};

const everyTestRuns = 'Every test runs: one that cannot run must fail.';

export default defineConfig(
  { ignores: ['dist/', '.storyreel/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // An async function without await still keeps its failures in the promise, as an interface may ask.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    // No comment may switch a rule off here: the limits have no exception.
    linterOptions: { noInlineConfig: true },
    plugins: { 'import-x': importX },
    rules: {
      'max-lines': ['error', 400],
      'no-console': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: false }],
      ...restrictSyntax(...namedExports, ...noForcedTypes, noCastIds, noKeptSignals, oneParser, {
        selector: 'MemberExpression[object.name="process"][property.name="env"]',
        message:
          'Only src/config.ts reads the environment. src/program-env.ts hands it on, and the screen of the CLI knows its terminal.',
      }),
    },
  },
  {
    files: ['web/**/*.{ts,tsx}'],
    linterOptions: { noInlineConfig: true },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] })] },
    rules: {
      'max-lines': ['error', 400],
      'no-console': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            {
              target: './web',
              from: ['./src', './dev', './bench', './test'],
              except: ['./protocol/index.ts', './protocol/viewer/index.ts'],
              message: 'The page imports what src/protocol exports, and nothing else of the server.',
            },
          ],
        },
      ],
      ...restrictSyntax(...namedExports, {
        selector:
          'JSXAttribute[name.name="dangerouslySetInnerHTML"], MemberExpression[property.name=/^(inner|outer)HTML$/]',
        message: 'What a model wrote is text, never HTML.',
      }),
    },
  },
  {
    files: ['src/config.ts', 'src/program-env.ts', 'src/cli/render/screen.ts'],
    rules: restrictSyntax(...namedExports, ...noForcedTypes, noCastIds, noKeptSignals, oneParser),
  },
  { files: ['src/address.ts'], rules: restrictSyntax(...namedExports, ...noForcedTypes, noCastIds, noKeptSignals) },
  {
    files: ['src/protocol/ids.ts'],
    rules: restrictSyntax(...namedExports, ...noForcedTypes, noKeptSignals, oneParser),
  },
  { files: ['src/**/*.ts', 'dev/**/*.ts', 'bench/**/*.ts'], ...arrows },
  {
    files: ['src/protocol/**'],
    rules: restrictImports({
      regex: '^[^.]',
      message: 'src/protocol imports no package: the workflow sandbox loads it.',
    }),
  },
  {
    files: ['src/workflows/**'],
    rules: restrictImports({
      regex: '^(?!\\.|@temporalio/(workflow|common)$)',
      message: 'Workflow code imports no package but @temporalio/workflow and @temporalio/common.',
    }),
  },
  {
    files: ['src/stages/**'],
    rules: restrictImports({
      group: ['**/providers'],
      allowTypeImports: true,
      message: 'A stage knows only the types of a provider.',
    }),
  },
  {
    files: ['src/http-client/**'],
    rules: restrictImports({
      regex: '^(\\.\\./client(/internal)?$|[^.])',
      allowTypeImports: true,
      message: 'A program that only uses HTTP loads no package: of the client, only types.',
    }),
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // What a test parses or matches is checked by the test itself.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      ...restrictSyntax(
        {
          selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(skip|only|todo|failing)$/]',
          message: everyTestRuns,
        },
        { selector: 'CallExpression[callee.name=/^(xdescribe|xit|xtest|fdescribe|fit)$/]', message: everyTestRuns },
      ),
    },
  },
);
