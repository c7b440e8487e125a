import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { createDataSource, Film, migrate } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import type { StoredMedia } from '../../src/storage';
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

/** Gives a project a film whose file is `stored`, without a run that makes one. */
export async function storeFilm(dataSource: DataSource, projectId: ProjectId, stored: StoredMedia): Promise<void> {
  const { key: path, sha256, bytes, mediaType } = stored;
  const shape = { durationSeconds: 1, width: 64, height: 36, sceneCount: 1 };
  await dataSource
    .getRepository(Film)
    .insert({ projectId, sha256, bytes, mediaType, path, ...shape, inputHash: 'x', fence: 1 });
}
