const base = require('./jest.config.js');

/** The page in a real browser, against the real gateway: npm run test:browser. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  maxWorkers: 2,
};
