const base = require('./jest.config.js');

/** What kills, freezes or replaces processes and services, and what depends on dice and on models: npm run test:chaos. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/{chaos,faults}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  maxWorkers: 3,
};
