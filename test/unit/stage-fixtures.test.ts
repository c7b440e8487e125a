import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAGES } from '../../src/protocol';
import { stageDefinition } from '../../src/stages';

const textStages = STAGES.filter(({ kind }) => kind === 'text').map(({ name }) => name);

test.each(textStages)('The stage %s reads an answer as a model gives it', (name) => {
  const path = join(__dirname, 'fixtures', `${name}.txt`);
  expect(existsSync(path)).toBe(true);
  const stage = stageDefinition(name);
  if (stage.kind !== 'text') throw new Error(`${name} is in the plan as text, but in the registry as ${stage.kind}`);
  expect(stage.parse(readFileSync(path, 'utf8'), {})).toBeTruthy();
});
