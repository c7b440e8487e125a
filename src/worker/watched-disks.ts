import { resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { shownHosts } from '../address';
import type { Config } from '../config';
import type { FullDisks } from '../full-disks';
import type { MediaStore } from '../storage';

/** The store, with its errors reported to `onFault`. */
export function reportingFaults(store: MediaStore, onFault: (error: unknown) => void): MediaStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        const result: unknown = member.apply(target, given);
        if (result instanceof Promise) result.catch(onFault);
        return result;
      };
    },
  });
}

/** The functions that take the errors of each store that this process writes to. */
export function watchDisks(
  disks: FullDisks,
  { MEDIA_DIR, DATABASE_URL, REDIS_URL }: Config,
  {
    dataSource,
    probeMedia,
    writeToRedis,
  }: {
    readonly dataSource: () => DataSource;
    readonly probeMedia: () => Promise<unknown>;
    readonly writeToRedis: () => Promise<unknown>;
  },
): Readonly<Record<'media' | 'postgres' | 'redis', (error: unknown) => void>> {
  return {
    media: disks.watch(`the disk of MEDIA_DIR (${resolve(MEDIA_DIR)})`, probeMedia),
    postgres: disks.watch(`the disk of Postgres (${shownHosts(DATABASE_URL)})`, () => writeTable(dataSource())),
    redis: disks.watch(`the disk of Redis (${shownHosts(REDIS_URL)})`, writeToRedis),
  };
}

/** A table needs files of its own, which a log entry does not. */
async function writeTable(dataSource: DataSource): Promise<void> {
  await dataSource.transaction((manager) =>
    manager.query(
      `CREATE TEMPORARY TABLE storyreel_probe ON COMMIT DROP AS
       SELECT repeat(md5(n::text), 250) AS filler FROM generate_series(1, 16) AS n`,
    ),
  );
}
