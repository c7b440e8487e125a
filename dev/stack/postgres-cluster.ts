import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import type { PostgresAccount } from './postgres-account';
import { identify } from './process-identity';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { StackContext } from './stack-types';
import { stopProcess } from './stop-process';

/** Makes the cluster unless it is there. It appears whole or not at all, also after a kill in the middle. */
export async function prepareCluster(
  { stateDir, persistent, env, signal, processes }: StackContext,
  account: PostgresAccount,
  { binDir, clusterDir, user, password }: { binDir: string; clusterDir: string; user: string; password: string },
): Promise<void> {
  removeHalfMade(stateDir);
  if (!persistent) rmSync(clusterDir, { recursive: true, force: true });
  if (existsSync(clusterDir)) return;
  const workshop = mkdtempSync(join(stateDir, HALF_MADE));
  const [data, passwordFile] = [join(workshop, 'data'), join(workshop, 'password')];
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.owner) for (const path of [workshop, passwordFile]) chownSync(path, account.owner.uid, account.owner.gid);
  const { program, args, ...ids } = account.run(join(binDir, 'initdb'), [
    ...['--pgdata', data, '--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // Syncing the 1,000 new files can take seconds and guards only against a power cut during the very first start.
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
  ]);
  let initdb = 0;
  const onStart = (pid: number) => {
    initdb = pid;
    processes.add(pid, { name: 'initdb', kind: 'service', stopSignal: 'SIGTERM' });
  };
  const options = { env: childEnv(env), boundMs: 120_000, signal, onStart, ...ids };
  const { exitCode, output } = await runToEnd(program, args, options);
  processes.ended(initdb);
  signal.throwIfAborted();
  if (exitCode !== 0) {
    const hint = 'Another database can be named in DATABASE_URL';
    throw new StackError(`initdb could not make a database:\n${output.trim()}`, hint);
  }
  renameSync(data, clusterDir);
  removeHalfMade(stateDir);
}

const HALF_MADE = 'postgres.new-';

function removeHalfMade(stateDir: string): void {
  for (const name of readdirSync(stateDir)) {
    if (!name.startsWith(HALF_MADE)) continue;
    // A killed initdb's own child may write a last file while we remove the others; then the removal is tried again.
    rmSync(join(stateDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/**
 * Prepares a start after a kill -9. The number in a stale pid file may now belong to another process; in a container,
 * where numbers are small, often to us. Postgres would then refuse to start. A server that still runs on this cluster
 * is stopped first.
 */
export async function clearStalePid(clusterDir: string): Promise<void> {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const identity = identify(Number.parseInt(readFileSync(file, 'utf8'), 10));
  if (identity && (await isServerOf(clusterDir, identity.pid))) {
    await stopProcess({ ...identity, name: 'postgres', kind: 'service', stopSignal: 'SIGINT' });
  }
  rmSync(file, { force: true });
}

async function isServerOf(clusterDir: string, pid: number): Promise<boolean> {
  const { output } = await runToEnd('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
    env: childEnv({ PATH: '/bin:/usr/bin' }),
    boundMs: 5_000,
  });
  return output.includes('postgres') && output.includes(clusterDir);
}
