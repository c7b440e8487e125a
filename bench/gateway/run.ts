import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { readConfig, StoryClient } from '../../src/client';
import { laneId } from '../../src/protocol';
import { openRedis } from '../../src/stream';
import type { Check } from '../check';
import type { Ground } from '../harness/ground';
import { usageOf } from '../harness/process-usage';
import { summaryOf, type Summary } from '../harness/summary';
import type { ReaderResult, ReaderTask } from './reader';

const RATE = 50;
const SECONDS = 10;
const VIEWERS = [1, 1_000] as const;
const CONTENT = 'fox 雨 ';

interface Run {
  readonly viewers: number;
  readonly ageMs: Summary;
  readonly lost: number;
  readonly doubled: number;
  readonly complete: number;
  /** The CPU time of the process that writes. */
  readonly cpuMsPer1000: number;
  readonly rssMb: number;
}

/** One story of 50 tokens a second before so many viewers: the gateway, beside a loop that writes one buffer to each socket. */
export async function gatewayBench(ground: Ground, { say }: { readonly say: (line: string) => void }) {
  const env = {
    DATABASE_URL: ground.services.databaseUrl,
    REDIS_URL: ground.services.redisUrl,
    TEMPORAL_ADDRESS: ground.services.temporalAddress,
  };
  const cli = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
  const began = performance.now();
  const gateway = spawn(process.execPath, [cli, 'gateway'], {
    env: { ...process.env, ...env, GATEWAY_ADDRESS: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((ready) => createInterface({ input: gateway.stdout }).once('line', ready));
  const coldStartMs = performance.now() - began;
  const config = readConfig(env);
  const client = await StoryClient.connect(config);
  const redis = openRedis(config);
  await redis.log.ready(5_000);
  const loop = fork(join(__dirname, 'bare-loop.js'));
  const [{ port }] = (await once(loop, 'message')) as [{ port: number }];
  const runs: { gateway: Run; bareLoop: Run }[] = [];
  try {
    for (const viewers of VIEWERS) {
      const bareLoop = await measure(loop, { port, path: '/', viewers }, async (offset, content) => {
        loop.send({ offset, content });
      });
      const projectId = await client.create({ topic: 'a fox' });
      // A lane that no worker has claimed is in no snapshot, so viewers must come after the log's first event.
      await redis.log.publish({
        projectId,
        stage: 'rewrite',
        events: [{ type: 'stage_update', status: 'processing' }],
      });
      const writer = { projectId, lane: laneId('rewrite'), fence: Date.now() * 1000, attempt: 1 };
      const task = {
        port: Number(/:(\d+)/.exec(url.slice(6))?.[1]),
        path: `/v1/projects/${projectId}/events`,
        viewers,
      };
      const measured = await measure(gateway, task, async (offset, text) => {
        await redis.log.append({ writer, offset, text });
      });
      say(`${viewers} viewers: p99 ${measured.ageMs.p99} ms; the bare loop ${bareLoop.ageMs.p99} ms`);
      runs.push({ gateway: measured, bareLoop });
    }
  } finally {
    loop.kill();
    gateway.kill();
    await redis.close();
    await client.close();
  }
  return { gateway: { coldStartMs, runs }, checks: checksOf(coldStartMs, runs) };
}

async function measure(
  server: ChildProcess,
  task: ReaderTask,
  write: (offset: number, content: string) => Promise<void>,
): Promise<Run> {
  const reader = new Worker(join(__dirname, 'reader.js'), { workerData: task });
  await once(reader, 'message');
  const pid = server.pid ?? 0;
  const before = usageOf(pid);
  const size = Buffer.byteLength(CONTENT);
  const tokens = RATE * SECONDS;
  for (let i = 0; i < tokens; i += 1) {
    await Promise.all([write(i * size, CONTENT), sleep(1_000 / RATE)]);
  }
  await sleep(1_000);
  const after = usageOf(pid);
  const answer = once(reader, 'message');
  reader.postMessage('stop');
  const [{ ages, bytes, lost, doubled }] = (await answer) as [ReaderResult];
  await reader.terminate();
  return {
    viewers: task.viewers,
    ageMs: summaryOf(ages),
    ...{ lost, doubled },
    complete: bytes.filter((held) => held === tokens * size).length,
    cpuMsPer1000: ((after.cpuSeconds - before.cpuSeconds) * 1_000_000) / (tokens * task.viewers),
    rssMb: after.rss / 1e6,
  };
}

function checksOf(coldStartMs: number, runs: readonly { readonly gateway: Run; readonly bareLoop: Run }[]): Check[] {
  const atMost = (promise: string, measured: number, limit: number, unit: string): Check => ({
    ...{ promise, measured, limit, unit },
    kept: measured <= limit,
  });
  const checks = [atMost('the gateway is ready', coldStartMs, 1_500, 'ms')];
  for (const { gateway } of runs) {
    const { viewers, lost, doubled, complete, ageMs, cpuMsPer1000 } = gateway;
    checks.push(atMost(`${viewers} viewers: lost, doubled or incomplete`, lost + doubled + viewers - complete, 0, ''));
    if (viewers < 1_000) continue;
    checks.push(atMost(`${viewers} viewers: age of a token, p99`, ageMs.p99, 10, 'ms'));
    checks.push(atMost(`${viewers} viewers: CPU for 1,000 deliveries`, cpuMsPer1000, 10, 'ms'));
  }
  return checks;
}
