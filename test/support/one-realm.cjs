const { AsyncLocalStorage } = require('node:async_hooks');
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

/**
 * Every storage that is in use costs each promise of the process something, so those of a file must end with it. A package
 * that is loaded once per process enables its own again.
 */
const inUse = new Set();
for (const name of ['run', 'enterWith']) {
  const own = AsyncLocalStorage.prototype[name];
  AsyncLocalStorage.prototype[name] = function (...args) {
    inUse.add(this);
    return own.apply(this, args);
  };
}

globalThis[Symbol.for('storyreel.load')] = (path) => require(path);

module.exports = class OneRealm extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    OURS.add(this.context);
    this.global = globalThis;
  }

  async teardown() {
    for (const storage of inUse) storage.disable();
    inUse.clear();
    await super.teardown();
  }
};
