import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { createLogger } from '../../src/logger';
import { connectTemporal } from '../../src/temporal';
import { createWorker } from '../../src/worker';
import { openSandbox } from '../sandbox';
import { SITUATIONS } from './situations';

const root = resolve(__dirname, '..', '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const target = join(root, 'test', 'workflow', 'replay', 'histories', version);

/**
 * Records the histories that every later version of the workflow must be able to replay; run at each release. Records all
 * situations, or those that are named.
 */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !(name in SITUATIONS));
  if (unknown !== undefined)
    throw new Error(`no situation ${unknown}; there are ${Object.keys(SITUATIONS).join(', ')}`);
  const sandbox = await openSandbox({ folder: join(root, '.storyreel', 'record-histories') });
  try {
    const config = readConfig({ ...sandbox.env, FRAME_SIZE: '320x180', VIDEO_POLL_MS: '200' });
    const startWorker = () => createWorker({ settings: config, logger: createLogger('silent', 'recorder') });
    let worker = await startWorker();
    const deploy = async () => {
      const old = worker;
      worker = await startWorker();
      await old.stop();
    };
    const client = await StoryClient.connect(config);
    const connection = await connectTemporal(config, 5_000);
    const temporal = new Client({ connection });
    await mkdir(target, { recursive: true });
    for (const [name, situation] of Object.entries(SITUATIONS)) {
      if (names.length > 0 && !names.includes(name)) continue;
      for (const fault of situation.faults ?? []) {
        await fetch(new URL('/studio/faults', sandbox.studio.url), { method: 'POST', body: JSON.stringify(fault) });
      }
      const projectId = await client.create({ topic: situation.topic, settings: { scenes: 3 } });
      const { workflowId, runId } = await client.start(projectId, situation.options ?? {});
      const run = temporal.workflow.getHandle(workflowId, runId);
      await situation.during?.({ client, projectId, deploy, signal: (...message) => run.signal(...message) });
      const chain = await runsOf(temporal, run);
      for (const [index, each] of chain.entries()) {
        const history = `${historyToJSON(await each.fetchHistory())}\n`;
        const file = index === 0 ? `${name}.json.gz` : `${name}-${index + 1}.json.gz`;
        await writeFile(join(target, file), gzipSync(history.replaceAll(root, ''), { level: 9 }));
      }
      process.stdout.write(`recorded ${name} of ${version}\n`);
    }
    await connection.close();
    await client.close();
    await worker.stop();
  } finally {
    await sandbox.close();
  }
}

/** The runs of a workflow that continues as new, after the last of them has ended. */
async function runsOf(temporal: Client, first: WorkflowHandle): Promise<WorkflowHandle[]> {
  await first.result().catch(() => undefined);
  const { events } = await first.fetchHistory();
  const next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  return next ? [first, ...(await runsOf(temporal, temporal.workflow.getHandle(first.workflowId, next)))] : [first];
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`record-histories: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
