import type { Logger } from '../logger';
import { adviceOnMemory, shownMemory, type OpenedRedis } from '../stream';

const READY_MS = 5_000;

/**
 * What an operator must know about Redis before it is full. Nothing is logged if Redis is away, which has its own line.
 */
export async function logRedisMemory(
  { log, memory }: OpenedRedis,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<void> {
  try {
    await log.ready(READY_MS);
    const memories = await memory();
    const advice = adviceOnMemory(memories);
    if (advice) logger.warn({ redis: shownMemory(memories) }, advice);
    else logger.info({ redis: shownMemory(memories) }, 'redis keeps what it is given until its memory is full');
  } catch (error) {
    logger.info({ err: (error as Error).message }, 'what bounds the memory of redis is not known');
  }
}
