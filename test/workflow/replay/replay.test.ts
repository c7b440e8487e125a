import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { SITUATIONS } from '../../../dev/record-histories/situations';
import { SILENT_RUNS } from '../../../src/telemetry';
import { workflowSources } from '../../../src/worker/workflow-sources';

const root = resolve(__dirname, '..', '..', '..');
/** A folder for each release, in which each situation has a file. */
const folder = join(__dirname, 'histories');
const recorded = readdirSync(folder).flatMap((version) =>
  readdirSync(join(folder, version)).map((name) => `${version}/${name}`),
);

test('The version at hand has a history of each situation: npm run record-histories makes them', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const needed = Object.keys(SITUATIONS).map((name) => `${version}/${name}.json`);
  expect(recorded).toEqual(expect.arrayContaining(needed));
});

test('Every recorded history of every version replays with the workflow as it is now', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const workflowBundle = await bundleWorkflowCode({
    ...workflowSources(join(root, 'src', 'workflows')),
    logger: new DefaultLogger('ERROR'),
  });
  const histories = recorded.map((name) => ({
    workflowId: name,
    history: JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown,
  }));
  const wrong: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle, sinks: SILENT_RUNS },
    histories,
  )) {
    if (error) wrong.push(`${workflowId}: ${error.message}`);
  }
  expect(wrong).toEqual([]);
});
