const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Runs tests in the one realm that node itself has, so that packages may be loaded once per process (once-loaded.cjs) and
 * their errors are instances of the same classes as a test's own. Each file still has its own copy of our code.
 */
const OURS = new WeakSet();
const { compileFunction } = vm;
vm.compileFunction = (code, names, options) =>
  compileFunction(
    code,
    names,
    options && OURS.has(options.parsingContext) ? { ...options, parsingContext: undefined } : options,
  );

globalThis[Symbol.for('storyreel.load')] = (path) => require(path);

module.exports = class OneRealm extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    OURS.add(this.context);
    this.global = globalThis;
  }
};
