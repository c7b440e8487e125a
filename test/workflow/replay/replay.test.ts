import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Worker } from '@temporalio/worker';
import { SITUATIONS } from '../../../dev/record-histories/situations';
import { SILENT_RUNS } from '../../../src/telemetry';
import { installTemporalRuntime } from '../../../src/worker/temporal-runtime';
import { WORKFLOW_TIME } from '../../../src/worker/workflow-time';
import { fromSetup } from '../../support/services';
import { loggerThatCounts } from '../../support/sdk-warnings';
import { WORKFLOW_BUNDLE } from '../../support/workflow-bundle';

const root = resolve(__dirname, '..', '..', '..');
/** A folder for each release, in which each situation has a file. */
const folder = join(__dirname, 'histories');
const recorded = readdirSync(folder).flatMap((version) =>
  readdirSync(join(folder, version)).map((name) => `${version}/${name}`),
);

test('The version at hand has a history of each situation: npm run record-histories makes them', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const needed = Object.keys(SITUATIONS).map((name) => `${version}/${name}.json.gz`);
  expect(recorded).toEqual(expect.arrayContaining(needed));
});

test('Every recorded history of every version replays with the workflow as it is now', async () => {
  await installTemporalRuntime(loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')), false);
  const histories = recorded.map((name) => ({
    workflowId: name,
    history: JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString('utf8')) as unknown,
  }));
  const wrong: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { ...WORKFLOW_TIME, workflowBundle: WORKFLOW_BUNDLE, sinks: SILENT_RUNS },
    histories,
  )) {
    if (error) wrong.push(`${workflowId}: ${error.message}`);
  }
  expect(wrong).toEqual([]);
});
