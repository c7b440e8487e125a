import { Client } from 'pg';
import { join } from 'node:path';
import { demandPostgres } from './outside-service';
import { choosePostgresAccount } from './postgres-account';
import { clearStalePid, prepareCluster } from './postgres-cluster';
import { findPostgresPrograms } from './postgres-programs';
import { runService } from './run-service';
import { secretOf } from './secrets';
import { StackError } from './stack-error';
import type { RunningDatabase, StackContext } from './stack-types';

const NAME = 'storyreel';

/**
 * Postgres on a cluster in the state folder, with an empty database `storyreel` when it is new. Reached over 127.0.0.1
 * with a random password.
 */
export async function startPostgres(context: StackContext): Promise<RunningDatabase> {
  const { env, ports, report, stateDir, persistent } = context;
  if (env.DATABASE_URL) {
    await demandPostgres(env.DATABASE_URL);
    return { url: env.DATABASE_URL, embedded: false };
  }
  const started = performance.now();
  const clusterDir = join(stateDir, 'postgres');
  const binDir = await findPostgresPrograms(context, clusterDir);
  const account = await choosePostgresAccount(context, binDir, clusterDir);
  const password = secretOf(stateDir, 'postgresPassword');
  await prepareCluster(context, account, { binDir, clusterDir, user: NAME, password });
  await clearStalePid(clusterDir);
  let port = 0;
  const urlOf = (database: string) => `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
  await runService(
    context,
    async () => {
      port = await ports.take('postgres');
      const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };
      const quick = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '32MB' };
      const pairs = Object.entries(persistent ? settings : { ...settings, ...quick });
      const args = [
        '-D',
        clusterDir,
        '-p',
        String(port),
        ...pairs.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ];
      // SIGINT is Postgres's fast shutdown; SIGTERM would wait until every client has gone.
      return { name: 'postgres', ...account.run(join(binDir, 'postgres'), args), stopSignal: 'SIGINT' };
    },
    () => answers(urlOf('postgres')),
    60_000,
  );
  await makeDatabase(urlOf('postgres'));
  report({ service: 'postgres', message: `ready on 127.0.0.1:${port}`, ms: performance.now() - started });
  return { url: urlOf(NAME), embedded: true };
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false;
    throw new StackError(
      'The embedded Postgres refuses the password in secrets.json',
      'Bring that file back, or begin anew without the state folder',
    );
  }
}

async function makeDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`create database ${NAME}`);
  });
}

async function withClient(url: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // An idle connection that breaks emits an event, which would otherwise end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
