import { randomUUID } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDataSource } from '../../src/entities';
import { debianPackage } from '../../dev/stack/debian-package';
import { filesBelow } from '../../dev/stack/files-below';
import { findProgram, prints } from '../../dev/stack/find-program';
import { PortBook } from '../../dev/stack/ports';
import { ProcessTable } from '../../dev/stack/process-table';
import { projectRoot } from '../../dev/stack/project-root';
import { runService } from '../../dev/stack/run-service';
import type { StackContext } from '../../dev/stack/stack-types';
import { prepareStateDir, toolsDirOf } from '../../dev/stack/state-dir';

const STATE = join(projectRoot(), '.storyreel');
const BOUND_MS = 15_000;
/** Of Debian's and every other system's account `nobody`: PgBouncer does not run as root. */
const NOBODY = 65_534;

export interface PgBouncer {
  /** Of the same database as the URL that it was started with. */
  readonly url: string;
  close(): Promise<void>;
}

/** Debian's PgBouncer before a Postgres, with the settings that it has by itself but for its addresses and its mode. */
export async function startPgBouncer(
  postgres: string,
  poolMode: 'session' | 'transaction',
  more: Readonly<Record<string, string>> = {},
  /** Parameters of the URL, by which it is asked whether it is there. */
  query = '',
): Promise<PgBouncer> {
  const stateDir = join(STATE, `test-pgbouncer-${randomUUID().slice(0, 8)}`);
  prepareStateDir(stateDir);
  chmodSync(stateDir, 0o755);
  const context: StackContext = {
    stateDir,
    toolsDir: toolsDirOf(STATE, process.env),
    env: process.env,
    persistent: false,
    ports: new PortBook(stateDir, false),
    processes: ProcessTable.open(stateDir),
    signal: new AbortController().signal,
    report: () => undefined,
  };
  const { program, libraries } = await findPgBouncer(context);
  const real = new URL(postgres);
  const url = new URL(postgres);
  const settings = join(stateDir, 'pgbouncer.ini');
  const users = join(stateDir, 'users.txt');
  const quoted = (text: string) => `"${decodeURIComponent(text).replaceAll('"', '""')}"`;
  writeFileSync(users, `${quoted(real.username)} ${quoted(real.password)}\n`);
  await runService(
    { ...context, env: { ...process.env, LD_LIBRARY_PATH: libraries } },
    async () => {
      url.hostname = '127.0.0.1';
      url.port = String(await context.ports.take('pgbouncer'));
      const own = { listen_addr: '127.0.0.1', listen_port: url.port, unix_socket_dir: '', pool_mode: poolMode };
      const lines = Object.entries({ ...own, auth_type: 'scram-sha-256', auth_file: users, ...more });
      writeFileSync(
        settings,
        [
          '[databases]',
          `* = host=${real.hostname} port=${real.port}`,
          '[pgbouncer]',
          ...lines.map(([key, value]) => `${key} = ${value}`),
          '',
        ].join('\n'),
      );
      const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
      return { name: 'postgres', program, args: [settings], stopSignal: 'SIGTERM', ...ids };
    },
    () => answers(`${url.href}?${query}`),
    BOUND_MS,
  );
  return {
    url: url.href,
    close: async () => {
      await context.processes.stopAll();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function findPgBouncer(context: StackContext): Promise<{ program: string; libraries: string }> {
  const { env } = context;
  const search = { variable: 'STORYREEL_PGBOUNCER_BIN', names: ['pgbouncer'] };
  const found = await findProgram(context, { ...search, check: prints(['--version'], ['PgBouncer'], env) });
  if (found !== undefined) return { program: found, libraries: env.LD_LIBRARY_PATH ?? '' };
  const folder = await debianPackage(context, 'pgbouncer');
  const program = join(folder, 'usr', 'sbin', 'pgbouncer');
  const folders = new Set(filesBelow(folder, /\.so[.\d]*$/).map((file) => join(file, '..')));
  return { program, libraries: [...folders].join(':') };
}

async function answers(url: string): Promise<boolean> {
  const source = createDataSource({ url, poolSize: 1, acquireTimeoutMs: 2_000 });
  try {
    await source.initialize();
    return true;
  } catch {
    return false;
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}
