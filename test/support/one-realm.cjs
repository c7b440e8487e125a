const { AsyncLocalStorage } = require('node:async_hooks');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Runs tests in the one realm that node itself has, so that packages may be loaded once per process (once-loaded.cjs) and
 * their errors are instances of the same classes as a test's own. Each file still has its own copy of our code: it runs
 * again for each file, but a process compiles it once.
 */
const OURS = new WeakSet();
const compiled = new Map();
const { compileFunction } = vm;
vm.compileFunction = (code, names, options) => {
  if (!options || !OURS.has(options.parsingContext)) return compileFunction(code, names, options);
  const { filename } = options;
  const known = compiled.get(filename);
  if (known?.code === code) return known.run;
  // Jest's other options belong to one test file, which what is compiled would keep in memory.
  const run = compileFunction(code, names, { filename });
  compiled.set(filename, { code, run });
  return run;
};

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

/** What jest and TypeORM keep in the realm for one file: its tests, who is told of each test, and its entities. */
const OF_ONE_FILE = ['JEST_STATE_SYMBOL', 'EVENT_HANDLERS', 'typeormMetadataArgsStorage'];
const isOfOneFile = (key) => OF_ONE_FILE.includes(typeof key === 'symbol' ? key.description : key);

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
    for (const key of Reflect.ownKeys(globalThis).filter(isOfOneFile)) delete globalThis[key];
    await super.teardown();
  }
};
