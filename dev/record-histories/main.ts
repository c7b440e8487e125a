import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { createDataSource, migrate } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { workflowIdOf, type ProjectId } from '../../src/protocol';
import { runWorker } from '../../src/worker';
import { startStack } from '../stack';
import { startStudio } from '../studio';

const root = resolve(__dirname, '..', '..', '..');
const target = join(root, 'test', 'workflow', 'replay', 'histories');

interface Scenario {
  readonly name: string;
  readonly topic: string;
  /** What goes wrong at the provider, as the studio's rules. */
  readonly faults: readonly object[];
  readonly options?: { readonly onFailure?: 'park' | 'fail' };
  during?(client: StoryClient, projectId: ProjectId): Promise<void>;
}

const scenarios: readonly Scenario[] = [
  { name: 'film', topic: 'a lighthouse keeper who collects storms', faults: [] },
  {
    name: 'retried',
    topic: 'a baker who bakes clouds',
    faults: [{ match: 'bakes clouds', kind: 'chat', fault: { cut: 10 }, times: 1 }],
  },
  {
    name: 'parked-and-retried',
    topic: 'a clock that is late',
    faults: [{ match: 'clock that is late', kind: 'chat', fault: { status: 401 }, times: 1 }],
    during: async (client, projectId) => {
      await seen(client, projectId, 'attention');
      await client.retry(projectId, 'rewrite');
    },
  },
  {
    name: 'failed',
    topic: 'a ship in a bottle',
    faults: [{ match: 'ship in a bottle', kind: 'chat', fault: { status: 400 }, times: 1 }],
    options: { onFailure: 'fail' },
  },
  {
    name: 'cancelled',
    topic: 'a river that forgot the sea',
    faults: [{ match: 'forgot the sea', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (client, projectId) => {
      await seen(client, projectId, 'token');
      await client.cancel(projectId);
    },
  },
];

/** Records the histories that every later version of the workflow must be able to replay; run at each release. */
async function main(): Promise<void> {
  const folder = join(root, '.storyreel', 'record-histories');
  const stack = await startStack({ stateDir: folder, env: process.env, persistent: false, report: () => undefined });
  const studio = await startStudio({ stateDir: join(folder, 'studio'), ffmpegPath: stack.ffmpegPath });
  try {
    const config = readConfig({
      LOG_LEVEL: 'silent',
      TEMPORAL_ADDRESS: stack.temporal.address,
      DATABASE_URL: stack.postgres.url,
      REDIS_URL: stack.redis.url,
      MEDIA_DIR: join(folder, 'media'),
      FFMPEG_PATH: stack.ffmpegPath,
      OPENAI_BASE_URL: studio.url,
      STORYREEL_IMAGE_BASE_URL: studio.url,
      STORYREEL_VIDEO_BASE_URL: studio.url,
      FRAME_SIZE: '320x180',
      VIDEO_POLL_MS: '200',
    });
    const dataSource = createDataSource({ url: config.DATABASE_URL });
    await dataSource.initialize();
    await migrate(dataSource);
    await dataSource.destroy();
    const worker = await runWorker(config, createLogger('silent', 'recorder'));
    const client = await StoryClient.connect(config);
    const connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS });
    await mkdir(target, { recursive: true });
    for (const scenario of scenarios) {
      for (const fault of scenario.faults) {
        await fetch(new URL('/studio/faults', studio.url), { method: 'POST', body: JSON.stringify(fault) });
      }
      const projectId = await client.create({ topic: scenario.topic, settings: { scenes: 3 } });
      await client.start(projectId, scenario.options ?? {});
      await scenario.during?.(client, projectId);
      const handle = new Client({ connection }).workflow.getHandle(workflowIdOf(projectId));
      await handle.result().catch(() => undefined);
      const history = `${historyToJSON(await handle.fetchHistory())}\n`;
      await writeFile(join(target, `${scenario.name}.json`), history.replaceAll(root, ''));
      process.stdout.write(`recorded ${scenario.name}\n`);
    }
    await connection.close();
    await client.close();
    await worker.stop();
  } finally {
    await studio.close();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function seen(client: StoryClient, projectId: ProjectId, type: string): Promise<void> {
  for await (const event of client.watch(projectId)) if (event.type === type) return;
}

main().catch((error: unknown) => {
  process.stderr.write(`record-histories: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
