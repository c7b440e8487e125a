const base = require('./jest.config.js');

/**
 * What kills, freezes or replaces processes and services, whole programs, operators' tools, and what depends on dice and on
 * models: npm run test:chaos.
 */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/{chaos,faults,operations,e2e}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  maxWorkers: 3,
};
