import { join, resolve } from 'node:path';
import { MeasuredWorker } from '../../dev/soak/measured-worker';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { testEnv } from '../support/services';
import { ownTopic } from '../support/stories';

const WORKER = join(resolve(__dirname, '..', '..'), 'dist', 'dev', 'soak', 'worker', 'main.js');
const AT_ONCE = 10;
/** A leak of one object a run would be as many. */
const RUNS = 100;
/** The collector and the caches of the packages leave this much from one look to the next. */
const BYTES_A_RUN = 20_000;

test('A worker holds after a hundred runs what it held before them', async () => {
  const env = testEnv();
  const worker = await MeasuredWorker.start(env, WORKER);
  const client = await StoryClient.connect(readConfig(env));
  const run = async () => {
    const projectId = await client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await client.start(projectId, { stages: ['rewrite'] });
    for await (const event of client.watch(projectId)) void event;
  };
  const runs = async (count: number) => {
    let left = count;
    const one = async () => {
      while (left-- > 0) await run();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  };
  try {
    await runs(3 * AT_ONCE);
    const before = await worker.measure();
    await runs(RUNS);
    const after = await worker.measure();
    expect(after.abortSignals - before.abortSignals).toBeLessThan(RUNS / 2);
    expect(after.handles - before.handles).toBeLessThan(RUNS / 2);
    expect((after.heapUsed - before.heapUsed) / RUNS).toBeLessThan(BYTES_A_RUN);
  } finally {
    await client.close();
    await worker.stop();
  }
});
