/** What a test gets of a package is what node has loaded of it, once for all files of a process. See one-realm.cjs. */
module.exports = {
  process: (_, path) => ({
    code: `module.exports = globalThis[Symbol.for('storyreel.load')](${JSON.stringify(path)});`,
  }),
};
