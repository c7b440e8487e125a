const base = require('./jest.config.js');

/** What depends on dice and on models: npm run test:chaos. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/chaos/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  maxWorkers: 2,
};
