import { filesBelow, projectFile, projectRoot } from './project-files';

const BINARY = /\.(png|jpg|mp4|gguf|ico|woff2?)$/;
const files = filesBelow('.').filter((path) => !BINARY.test(path));
/** Folders that exist on some machine only. */
const MACHINE_PATH = /(?<![\w.$}])\/(?:home|Users|root|work|mnt)\/[\w.-]+/;

it('names the versions of Node that it runs on', () => {
  const { engines } = JSON.parse(projectFile('package.json')) as { engines: { node: string } };
  expect(engines.node).toBe('>=20.19');
});

const LOCKS = ['package-lock.json', 'bench/peers/package-lock.json'];

it.each(LOCKS)('locks versions in %s without naming a registry, so that any mirror serves', (lock) => {
  expect(projectFile(lock)).not.toContain('"resolved"');
});

it.each(LOCKS)('locks the packages of every platform in %s, so that npm ci works on all of them', (lock) => {
  const { packages } = JSON.parse(projectFile(lock)) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

it('names no folder of the machine that it was written on', () => {
  const guilty = files.filter((path) => {
    const content = projectFile(path);
    return MACHINE_PATH.test(content) || content.includes(projectRoot);
  });
  expect(guilty).toEqual([]);
});

it('has no file over 400 lines in src', () => {
  const long = filesBelow('src').filter((path) => projectFile(path).split('\n').length > 400);
  expect(long).toEqual([]);
});

it('carries the whole Apache licence', () => {
  const licence = projectFile('LICENSE');
  expect(licence).toContain('Apache License');
  expect(licence).toContain('END OF TERMS AND CONDITIONS');
  expect(licence).toContain('Copyright 2026 The Storyreel Authors');
});
