import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { SILENT_RUNS } from '../../../src/telemetry';

const folder = join(__dirname, 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('Every recorded history replays with the workflow as it is now', async () => {
  expect(files.length).toBeGreaterThan(0);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: resolve(__dirname, '..', '..', '..', 'src', 'workflows'),
    workflowInterceptorModules: [resolve(__dirname, '..', '..', '..', 'src', 'workflows', 'trace-interceptors')],
    logger: new DefaultLogger('ERROR'),
  });
  const histories = files.map((name) => ({
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
