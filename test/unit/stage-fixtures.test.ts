import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAGES } from '../../src/protocol';
import { BUILT_IN } from '../../src/stages';

const textStages = STAGES.filter(({ kind }) => kind === 'text').map(({ name }) => name);

test.each(textStages)('The stage %s reads an answer as a model gives it', (name) => {
  const path = join(__dirname, 'fixtures', `${name}.txt`);
  expect(existsSync(path)).toBe(true);
  const stage = BUILT_IN.ofKind('text', name);
  expect(stage.parse(readFileSync(path, 'utf8'), {})).toBeTruthy();
});
