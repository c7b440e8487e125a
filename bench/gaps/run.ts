import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStudio } from '../../dev/studio';
import { prepareServices } from '../../src/cli';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { createLogger } from '../../src/logger';
import type { LaneId, ProjectId } from '../../src/protocol';
import { runWorker } from '../../src/worker';
import type { Ground } from '../harness/ground';
import { postgresSituations } from './postgres';
import { Relay } from './relay';
import type { Gap, Situation } from './situation';

/** So many short texts, two at a time, that there is always a next one. */
const SCENES = 100;
const SETTLE_MS = 3_000;
const PATIENCE_MS = 120_000;

/** After each situation, how long it takes until tokens of new texts come again; by real services, worker and client. */
export async function gaps(ground: Ground, say: (line: string) => void): Promise<{ gaps: Gap[] }> {
  const { databaseUrl, redisUrl, temporalAddress, scratch } = ground.services;
  const url = new URL(databaseUrl);
  const relay = await Relay.start(Number(url.port));
  url.port = String(relay.port);
  const studio = await startStudio({ stateDir: join(scratch, 'studio'), tokensPerSecond: 300 });
  const config = readConfig({
    ...{ TEMPORAL_ADDRESS: temporalAddress, DATABASE_URL: url.href, REDIS_URL: redisUrl, LOG_LEVEL: 'fatal' },
    ...{ OPENAI_BASE_URL: studio.url, TEMPORAL_TASK_QUEUE: 'gaps', MEDIA_DIR: join(scratch, 'media') },
    TEXT_CONCURRENCY: '2',
  });
  await prepareServices(config);
  const worker = await runWorker(config, createLogger(config.LOG_LEVEL, 'bench-gaps'));
  const client = await StoryClient.connect(config);
  const found: Gap[] = [];
  try {
    for (const situation of postgresSituations(databaseUrl, relay)) {
      const seconds = await gapOf(client, situation);
      say(`${situation.name}: ${seconds.toFixed(1)} s`);
      found.push({ situation: situation.name, seconds: Number(seconds.toFixed(2)) });
    }
    return { gaps: found };
  } finally {
    await client.close();
    await worker.stop();
    await studio.close();
    relay.close();
  }
}

async function gapOf(client: StoryClient, situation: Situation): Promise<number> {
  const projectId = await client.create({ topic: 'a lighthouse keeper', settings: { scenes: SCENES } });
  await client.start(projectId, { stages: ['rewrite', 'storyboard', 'camera_movement'] });
  const tokens = new TokenTimes(client, projectId);
  try {
    await tokens.next(0, 'camera_movement');
    await sleep(SETTLE_MS);
    await situation.strike();
    const back = performance.now();
    return ((await tokens.next(back, 'camera_movement')) - back) / 1000;
  } finally {
    tokens.close();
    await client.cancel(projectId);
  }
}

/** When the first token of each text came. */
class TokenTimes {
  private readonly firsts = new Map<LaneId, number>();
  private readonly closing = new AbortController();

  constructor(client: StoryClient, projectId: ProjectId) {
    void this.follow(client, projectId).catch(() => undefined);
  }

  /** The moment of the first token of a text of this stage that began after the moment. */
  async next(after: number, stage: string): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const times = [...this.firsts].filter(([lane, at]) => lane.startsWith(stage) && at > after).map(([, at]) => at);
      if (times.length > 0) return Math.min(...times);
      await sleep(20);
    }
    throw new Error(`no token came within ${PATIENCE_MS / 1000} s`);
  }

  close(): void {
    this.closing.abort();
  }

  private async follow(client: StoryClient, projectId: ProjectId): Promise<void> {
    for await (const event of client.watch(projectId, { signal: this.closing.signal })) {
      const { lane } = event as { lane?: LaneId };
      if (event.type === 'token' && lane && !this.firsts.has(lane)) this.firsts.set(lane, performance.now());
    }
  }
}
