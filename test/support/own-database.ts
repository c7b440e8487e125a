import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { createDataSource, migrate } from '../../src/entities';
import { fromSetup } from './services';

export interface OwnDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  drop(): Promise<void>;
}

/** A migrated database of a suite's own, for rows that every other suite would see. */
export async function createOwnDatabase({ migrated = true, poolSize = 2 } = {}): Promise<OwnDatabase> {
  const name = `own_${randomUUID().replaceAll('-', '')}`;
  const admin = createDataSource({ url: fromSetup('STORYREEL_TEST_POSTGRES_URL'), poolSize: 1 });
  await admin.initialize();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
  url.pathname = `/${name}`;
  const dataSource = createDataSource({ url: url.href, poolSize });
  await dataSource.initialize();
  if (migrated) await migrate(dataSource);
  return {
    url: url.href,
    dataSource,
    drop: async () => {
      await dataSource.destroy();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.destroy();
    },
  };
}
