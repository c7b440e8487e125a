import { STAGES } from '../../src/protocol';
import { filesBelow, projectFile } from './project-files';

/** Files that may name stages, and why. */
const MAY: readonly (readonly [RegExp, string])[] = [
  [/^src\/stages\//, 'what each stage does'],
  [/^src\/protocol\/stages\.ts$/, 'the plan'],
  [/^src\/entities\/migrations\//, 'the past, which never changes'],
  [/^web\/i18n\//, 'words for people'],
  [
    /^(src\/client\/edit\/edit-project|web\/live-film\/edit-field)\.tsx?$/,
    'the field of an edit that is called like its stage',
  ],
];
/** A film is also a kind of lane, a table and a plain word. */
const NAMES = STAGES.map(({ name }) => name).filter((name) => name !== 'film');

test('Only a stage itself and the plan name it; all else goes by the plan', () => {
  const named = new RegExp(`(['\`])(${NAMES.join('|')})(/|\\1|\\$)`);
  const found = [...filesBelow('src'), ...filesBelow('web')]
    .filter((file) => /\.tsx?$/.test(file) && !MAY.some(([where]) => where.test(file)))
    .flatMap((file) =>
      projectFile(file)
        .split('\n')
        .flatMap((line, i) =>
          named.test(line) && !/^\s*(\/?\*|\/\/)/.test(line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
        ),
    );
  expect(found).toEqual([]);
});
