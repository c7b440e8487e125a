import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { GapGround } from './ground';
import { Relay } from './relay';
import type { Situation } from './situation';

const AWAY_MS = 8_000;

/** Behind a relay that everybody uses. */
export async function postgresGround(databaseUrl: string): Promise<GapGround> {
  const url = new URL(databaseUrl);
  const relay = await Relay.start(Number(url.port));
  url.port = String(relay.port);
  return {
    env: { DATABASE_URL: url.href },
    situations: postgresSituations(databaseUrl, relay),
    close: () => Promise.resolve(relay.close()),
  };
}

/** The faults of a Postgres on this machine; `url` bypasses the relay that all others use. */
function postgresSituations(url: string, relay: Relay): readonly Situation[] {
  const name = new URL(url).pathname.slice(1);
  return [
    {
      name: 'Postgres restarts',
      strike: async () => {
        // A session that is killed has the server end all others and recover.
        await admin(url, async (client) => {
          const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
        }).catch(() => undefined);
        await answers(url);
      },
    },
    {
      name: `Postgres is read-only for ${AWAY_MS / 1000} s, and the sessions of that time stay so`,
      strike: async () => {
        await readOnly(url, name, 'on');
        await admin(url, (client) =>
          client.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
            [name],
          ),
        );
        await sleep(AWAY_MS);
        await readOnly(url, name, 'off');
      },
    },
    {
      name: 'all connections to Postgres are half-open',
      strike: () => {
        relay.forget();
        return Promise.resolve();
      },
    },
  ];
}

function readOnly(url: string, name: string, to: 'on' | 'off'): Promise<unknown> {
  return admin(url, async (client) => {
    await client.query('SET default_transaction_read_only = off');
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${to}`);
  });
}

async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      await admin(url, (client) => client.query('SELECT 1'));
      return;
    } catch {
      await sleep(20);
    }
  }
}

async function admin<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
