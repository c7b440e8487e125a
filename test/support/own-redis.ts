import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { startStack, type Stack } from '../../dev/stack';

const STATE = resolve(__dirname, '..', '..', '.storyreel');

/** A Redis of a suite's own, to count connections in, to hang and to restart. */
export class OwnRedis {
  private readonly folder = join(STATE, `test-redis-${randomUUID().slice(0, 8)}`);
  private stack: Stack<'redis'> | undefined;

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis();
    await redis.start();
    return redis;
  }

  get url(): string {
    if (!this.stack) throw new Error('this Redis is not running');
    return this.stack.redis.url;
  }

  /** Under the same address as before, with what it held. */
  async start(): Promise<void> {
    const { REDIS_URL: _, ...env } = process.env;
    this.stack = await startStack({
      stateDir: this.folder,
      env: { STORYREEL_TOOLS_DIR: join(STATE, 'tools'), ...env },
      need: ['redis'],
      persistent: true,
      report: () => undefined,
    });
  }

  async stop(): Promise<void> {
    await this.stack?.stop();
    this.stack = undefined;
  }

  /** It keeps its connections and answers nothing, until what this gives is called. */
  hang(): () => void {
    const pid = this.stack?.pids['redis'];
    if (pid === undefined) throw new Error('this Redis is not running');
    process.kill(pid, 'SIGSTOP');
    return () => void process.kill(pid, 'SIGCONT');
  }

  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url);
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** How many connections have this name. */
  async connections(name: string): Promise<number> {
    const list = String(await this.ask((redis) => redis.client('LIST')));
    return list.split('\n').filter((line) => line.includes(` name=${name} `)).length;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
