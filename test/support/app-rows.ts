import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/entities';
import type { TestApp } from './services';

/** One pool for a test file, by address. */
const pools = new Map<string, Promise<DataSource>>();
afterAll(async () => {
  await Promise.all([...pools.values()].map(async (each) => (await each.catch(() => undefined))?.destroy()));
});

/** The rows of an app, for a test that looks at them or changes them by hand. */
export function rowsOf({ config }: Pick<TestApp, 'config'>): Promise<DataSource> {
  const url = config.DATABASE_URL;
  const pool = pools.get(url) ?? createDataSource({ url, poolSize: 2 }).initialize();
  pools.set(url, pool);
  return pool;
}
