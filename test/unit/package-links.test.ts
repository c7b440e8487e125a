import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePackageLinks } from '../../dev/stack/package-links';
import { newFolder } from '../support/new-folder';

const folder = newFolder();
const lib = join(folder, 'native', 'lib');
const links = [
  { source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' },
  { source: 'native/lib/libicuuc.so.60.2', target: 'native/libicuuc.so' },
];

beforeAll(() => {
  mkdirSync(lib, { recursive: true });
  writeFileSync(join(lib, 'libicuuc.so.60.2'), '');
});

test('A package without a list of links needs none', () => {
  expect(() => makePackageLinks(folder)).not.toThrow();
});

test('The links that npm did not make are made, and found the next time', () => {
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  makePackageLinks(folder);
  makePackageLinks(folder);
  expect(readlinkSync(join(lib, 'libicuuc.so.60'))).toBe('libicuuc.so.60.2');
  expect(readlinkSync(join(folder, 'native', 'libicuuc.so'))).toBe(join('lib', 'libicuuc.so.60.2'));
});

test('Where they cannot be made, it is stated what to do', () => {
  writeFileSync(
    join(folder, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/a', target: 'native/nowhere/a' }]),
  );
  expect(() => makePackageLinks(folder)).toThrow(/lacks its links/);
});
