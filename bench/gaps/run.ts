import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStudio } from '../../dev/studio';
import { prepareServices } from '../../src/cli';
import { StoryClient } from '../../src/client';
import { readConfig, type Config } from '../../src/config';
import { createLogger } from '../../src/logger';
import type { LaneId, ProjectId } from '../../src/protocol';
import { createWorker } from '../../src/worker';
import type { Ground } from '../harness/ground';
import { postgresGround } from './postgres';
import { redisGrounds } from './redis';
import type { Gap, Situation } from './situation';

/** The number of short texts, which run two at a time; it is so large that there is always a next one. */
const SCENES = 100;
const SETTLE_MS = 3_000;
const TIMEOUT_MS = 120_000;

/**
 * Measures, for each situation, how long it takes until tokens of new texts arrive again. It uses real services, worker
 * and client. `only` selects situations by a part of their name.
 */
export async function gaps(
  ground: Ground,
  { note, only }: { readonly note: (line: string) => void; readonly only: readonly string[] },
): Promise<{ gaps: Gap[] }> {
  const { databaseUrl, redisUrl, temporalAddress, scratch } = ground.services;
  const studio = await startStudio({ stateDir: join(scratch, 'studio'), tokensPerSecond: 300 });
  const common = {
    TEMPORAL_ADDRESS: temporalAddress,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    LOG_LEVEL: 'fatal',
    OPENAI_BASE_URL: studio.url,
    TEMPORAL_TASK_QUEUE: 'gaps',
    MEDIA_DIR: join(scratch, 'media'),
    TEXT_CONCURRENCY: '2',
  };
  const found: Gap[] = [];
  try {
    for (const open of [() => postgresGround(databaseUrl), ...redisGrounds]) {
      const place = await open();
      const { env, situations } = place;
      const wanted = situations.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
      try {
        if (wanted.length > 0) found.push(...(await measure(readConfig({ ...common, ...env }), wanted, note)));
      } finally {
        await place.close();
      }
    }
    return { gaps: found };
  } finally {
    await studio.close();
  }
}

async function measure(config: Config, situations: readonly Situation[], note: (line: string) => void): Promise<Gap[]> {
  await prepareServices(config);
  const worker = await createWorker({ settings: config, logger: createLogger(config.LOG_LEVEL, 'bench-gaps') });
  const client = await StoryClient.connect(config);
  const found: Gap[] = [];
  try {
    for (const situation of situations) {
      const seconds = await gapOf(client, situation);
      note(`${situation.name}: ${seconds.toFixed(1)} s`);
      found.push({ situation: situation.name, seconds: Number(seconds.toFixed(2)) });
    }
    return found;
  } finally {
    await client.close();
    await worker.stop();
  }
}

async function gapOf(client: StoryClient, situation: Situation): Promise<number> {
  const projectId = await client.create({ topic: 'a lighthouse keeper', settings: { scenes: SCENES } });
  await client.start(projectId, { stages: ['rewrite', 'storyboard', 'camera_movement'] });
  const tokens = new TokenTimes(client, projectId);
  try {
    await tokens.next(0, 'camera_movement');
    await sleep(SETTLE_MS);
    await situation.strike(projectId);
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
    const deadline = performance.now() + TIMEOUT_MS;
    while (performance.now() < deadline) {
      const times = [...this.firsts].filter(([lane, at]) => lane.startsWith(stage) && at > after).map(([, at]) => at);
      if (times.length > 0) return Math.min(...times);
      await sleep(20);
    }
    throw new Error(`no token came within ${TIMEOUT_MS / 1000} s`);
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
