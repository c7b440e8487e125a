import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, localLinks, rowsOf } from './markdown';
import { filesBelow, projectFile, projectRoot } from './project-files';

const documents = filesBelow('.').filter((path) => path.endsWith('.md') && !path.startsWith('test/'));

it.each(documents)('every link of %s leads to a file, and to a heading in it', (path) => {
  const broken = localLinks(projectFile(path)).filter(({ target }) => {
    const [file = '', anchor] = target.split('#');
    const found = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)));
    if (!existsSync(join(projectRoot, found))) return true;
    return anchor !== undefined && found.endsWith('.md') && !anchorsOf(projectFile(found)).includes(anchor);
  });
  expect(broken).toEqual([]);
});

const paths = projectFile('docs/paths.md');

it('every row of docs/paths.md begins with a name that its file contains', () => {
  const wrong = rowsOf(paths, 'File').filter(([file = '', what = '']) => {
    const target = localLinks(file)[0]?.target ?? '';
    const name = /^`(\w+)`/.exec(what)?.[1];
    return name !== undefined && !new RegExp(`\\b${name}\\b`).test(projectFile(join('docs', target)));
  });
  expect(wrong).toEqual([]);
});

it('ARCHITECTURE.md states how many files each path of docs/paths.md has', () => {
  const stated = rowsOf(projectFile('ARCHITECTURE.md'), 'What').flatMap(([what = '', files = '']) => {
    const [link] = localLinks(what);
    return link?.target.startsWith('docs/paths.md#') ? [`${link.target.slice(14)}: ${files}`] : [];
  });
  const sections = paths.split(/^(?=## )/m).slice(1);
  const counted = sections.map((section) => {
    const files = rowsOf(section, 'File').map(([file = '']) => localLinks(file)[0]?.target);
    return `${anchorsOf(section)[0]}: ${new Set(files).size}`;
  });
  expect(stated).toEqual(counted);
});
