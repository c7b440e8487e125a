/**
 * The package fast-check, as every test gets it (jest.config.js): with one seed, so that `npm test` tries the same inputs
 * each time. `npm run test:chaos` gives other seeds. The path keeps this file from finding itself.
 */
const fastCheck = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
fastCheck.configureGlobal({ seed: SEED });

module.exports = fastCheck;
