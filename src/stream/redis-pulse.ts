import type { Redis } from 'ioredis';

export interface Pulse {
  /** Any answer will do, also a refusal. */
  readonly ask: (redis: Redis) => Promise<unknown>;
  readonly withinMs: number;
  readonly lost: (error: Error) => void;
}

const EVERY_MS = 1_000;
/** How long a new connection may take until commands can be sent. The library itself waits without an end. */
const GREETING_MS = 3_000;

/**
 * Checks each second whether a connection is alive, and reconnects one that does not answer. This detects a dead
 * connection that got no TCP reset, also one that was silent from its beginning. Without the check it would look alive
 * for about 15 minutes.
 */
export function keepPulse(redis: Redis, { ask, withinMs, lost }: Pulse): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const reconnect = (what: string) => {
    lost(new Error(what));
    redis.disconnect(true);
  };
  const beat = async () => {
    if (await answersWithin(withinMs, ask(redis))) {
      if (redis.status === 'ready') begin();
      return;
    }
    if (redis.status === 'ready') reconnect(`no answer to a ping within ${withinMs} ms`);
  };
  const begin = () => {
    stop();
    timer = setTimeout(() => void beat(), EVERY_MS);
  };
  const greet = () => {
    stop();
    timer = judgeAfter(GREETING_MS, () => {
      if (redis.status === 'connect') reconnect(`no answer to a new connection within ${GREETING_MS} ms`);
    });
  };
  redis.on('connect', greet);
  redis.on('ready', begin);
  redis.on('close', stop);
  redis.on('end', stop);
  if (redis.status === 'connect') greet();
  if (redis.status === 'ready') begin();
}

function answersWithin(ms: number, answer: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = judgeAfter(ms, () => resolve(false));
    const answered = () => {
      clearTimeout(timer);
      resolve(true);
    };
    answer.then(answered, answered);
  });
}

/** A process that was busy for so long reads what has come meanwhile before it judges. */
function judgeAfter(ms: number, judge: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(() => setImmediate(judge)), ms);
}
