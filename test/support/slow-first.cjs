const { statSync } = require('node:fs');

/** Suites that wait for other processes begin first, so that none of them is left alone at the end. */
const ORDER = ['e2e', 'faults', 'workflow', 'operations', 'integration', 'contract', 'unit', 'architecture'];

/** The same order on every machine: by folder, then the longer file first. What took how long before does not count. */
module.exports = class SlowFirst {
  sort(tests) {
    const rank = ({ path }) => ORDER.findIndex((folder) => path.includes(`/test/${folder}/`));
    const size = ({ path }) => statSync(path).size;
    return [...tests].sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
};
