/** One stack (Temporal, Postgres, Redis, studio) serves every suite; see test/support/global-setup.ts. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // Far beyond what any condition of a test may take (test/support/until.ts): that one's message says more.
  testTimeout: 900_000,
  // Much of the time is spent waiting for time-outs and other processes, so more suites than cores run well.
  maxWorkers: 3,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testSequencer: '<rootDir>/test/support/slow-first.cjs',
  resolver: '<rootDir>/test/support/built-code.cjs',
  transform: {
    '^.+\\.ts$|/otlp-exporter-base/.+\\.js$|/dist/src/telemetry/tracing\\.js$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  // What loads its files by import(), which jest's sandbox has for transformed files only.
  transformIgnorePatterns: ['/node_modules/(?!@opentelemetry/otlp-exporter-base/)'],
  modulePathIgnorePatterns: ['<rootDir>/.storyreel/'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/', '<rootDir>/test/chaos/'],
};
