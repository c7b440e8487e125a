/**
 * Has tests run what the build made of src, dev and bench: the code that is shipped, with its workflow bundle, instead of
 * sources that every suite would transform and bundle again. Tests themselves stay TypeScript.
 */
const { existsSync } = require('node:fs');
const { join, relative, sep } = require('node:path');

const root = join(__dirname, '..', '..');
const BUILT = ['src', 'dev', 'bench'].map((folder) => folder + sep);

module.exports = (request, options) => {
  const path = options.defaultResolver(request, options);
  const inside = relative(root, path);
  if (!path.endsWith('.ts') || !BUILT.some((folder) => inside.startsWith(folder))) return path;
  const built = join(root, 'dist', inside.replace(/\.ts$/, '.js'));
  if (!existsSync(built)) throw new Error(`${inside} is not built: run npm run build`);
  return built;
};
