import { Redis } from 'ioredis';
import type { ProjectId } from '../../src/protocol';
import { fromSetup } from './services';

/** Writes down all that is published for clients of the old product, so that what ends them can be counted. */
export class LegacyRecorder {
  private readonly heard: { readonly stage: string; readonly type: string }[] = [];

  private constructor(private readonly redis: Redis) {}

  static async start(projectId: ProjectId): Promise<LegacyRecorder> {
    const redis = new Redis(fromSetup('STORYREEL_TEST_REDIS_URL'));
    const recorder = new LegacyRecorder(redis);
    const prefix = `ai_story:project:${projectId}:stage:`;
    redis.on('pmessage', (_pattern: string, channel: string, message: string) => {
      recorder.heard.push({ stage: channel.slice(prefix.length), ...(JSON.parse(message) as { type: string }) });
    });
    await redis.psubscribe(`${prefix}*`);
    return recorder;
  }

  /** How often each thing that ends a client was said, as "stage type". */
  get ends(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { stage, type } of this.heard) {
      if (!/^(done|error|pipeline_done|pipeline_error)$/.test(type)) continue;
      counts[`${stage} ${type}`] = (counts[`${stage} ${type}`] ?? 0) + 1;
    }
    return counts;
  }

  stop(): void {
    this.redis.disconnect();
  }
}
