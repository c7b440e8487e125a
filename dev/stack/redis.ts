import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { demandRedis, withRedis } from './outside-service';
import { findRedis } from './redis-program';
import { runService } from './run-service';
import { ServiceDied } from './stack-error';
import type { RunningDatabase, StackContext } from './stack-types';

const UNREADABLE = /append only file|RDB format version|Bad file format|Unexpected end of file/i;

/** A Redis-compatible server; with a persistent state folder it keeps an append-only file in `redis/` there. */
export async function startRedis(context: StackContext): Promise<RunningDatabase> {
  const { env, ports, report, stateDir, persistent } = context;
  if (env.REDIS_URL) {
    await demandRedis(env.REDIS_URL);
    return { url: env.REDIS_URL, embedded: false };
  }
  const program = await findRedis(context);
  const started = performance.now();
  const dataDir = join(stateDir, 'redis');
  if (!persistent) rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  let port = 0;
  const start = () =>
    runService(
      context,
      async () => {
        port = await ports.take('redis');
        const durable = persistent ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no'];
        const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDir];
        return { name: 'redis', program, args: [...place, ...durable, '--save', ''], stopSignal: 'SIGTERM' };
      },
      (pid) => answers(urlOf(port), pid),
      30_000,
    );
  try {
    await start();
  } catch (error) {
    if (!(error instanceof ServiceDied) || !UNREADABLE.test(error.logTail)) throw error;
    setAside(context, dataDir);
    await start();
  }
  report({ service: 'redis', message: `ready on 127.0.0.1:${port}`, ms: performance.now() - started });
  return { url: urlOf(port), embedded: true };
}

/**
 * The data were written by a newer server, or by the other of Redis and Valkey. Only the live tokens of open runs are
 * lost with them, and those are sent again.
 */
function setAside({ report }: StackContext, dataDir: string): void {
  const aside = `${dataDir}-unreadable`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(dataDir, aside);
  mkdirSync(dataDir, { recursive: true });
  report({ service: 'redis', message: `cannot read what another version left; begins empty (the old data: ${aside})` });
}

/**
 * Another stack's server may sit on the port that we lost to it: the answer counts only if it comes from our process.
 */
export async function answers(url: string, pid: number): Promise<boolean> {
  try {
    const about = await withRedis(url, 1_000, (redis) => redis.info('server'));
    return about.includes(`process_id:${pid}\r\n`);
  } catch {
    return false;
  }
}

export function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`;
}
