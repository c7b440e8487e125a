const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, useDefineForClassFields: false },
    },
    module: { type: 'commonjs' },
  },
];

/** Packages that keep something for a whole process, which each test file must have for itself. */
const OWN = '@temporalio/worker|@opentelemetry|prom-client|jest|@jest|expect|pretty-format|fast-check';

/** One stack (Temporal, Postgres, Redis, studio) serves every suite; see test/support/global-setup.cjs. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/dist/',
    '<rootDir>/test/(chaos|faults|operations|e2e|browser)/',
  ],
  testEnvironment: '<rootDir>/test/support/one-realm.cjs',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // Far beyond what any condition of a test may take (test/support/until.ts): that one's message says more.
  testTimeout: 900_000,
  // Much of the time is spent waiting for time-outs and other processes, so more suites than cores run well.
  maxWorkers: 5,
  // What one realm keeps of each file (TypeORM's list of entities) ends with the process.
  workerIdleMemoryLimit: '700MB',
  // A worker has no handle open then. Node takes half a second to free its memory if all of them end at once.
  workerGracefulExitTimeout: 10_000,
  globalSetup: '<rootDir>/test/support/global-setup.cjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.cjs',
  testSequencer: '<rootDir>/test/support/slow-first.cjs',
  resolver: '<rootDir>/test/support/built-code.cjs',
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/support/seeded.cjs' },
  transform: {
    '^.+\\.ts$': swc,
    // What loads its files by import(), which jest's sandbox has for transformed files only.
    '/otlp-exporter-base/.+\\.js$|/dist/src/(telemetry/tracing|pretty-lines|cli/load-worker|storage/s3-bucket)\\.js$':
      swc,
    [`/node_modules/(?!(${OWN})[-/]).+\\.c?js$`]: '<rootDir>/test/support/once-loaded.cjs',
  },
  transformIgnorePatterns: [`/node_modules/(?!@opentelemetry/otlp-exporter-base/)(${OWN})[-/]`],
  modulePathIgnorePatterns: ['<rootDir>/.storyreel/'],
};
