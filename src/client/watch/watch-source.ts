import type { DataSource } from 'typeorm';
import type { EventLog } from '../../stream';
import { loadProjectRows } from './project-rows';
import { SnapshotReader } from './snapshot-reader';
import type { StoredStatus, WatchSource } from './watch-project';

/** What the watches of a client share. */
export function watchSource(
  dataSource: DataSource,
  log: EventLog,
  /** Whatever goes wrong leaves as a `StoryreelError`. */
  run: <T>(work: () => Promise<T>) => Promise<T>,
  closing: AbortSignal,
  meter: WatchSource['meter'],
): WatchSource {
  return {
    log,
    snapshots: new SnapshotReader(log, (id) => run(() => loadProjectRows(dataSource, id))),
    status: (id) =>
      run(async () => {
        const found: StoredStatus[] = await dataSource.query(
          `SELECT status, coalesce(finished_at > now() - interval '2 seconds', false) AS "endedJustNow"
           FROM projects WHERE id = $1`,
          [id],
        );
        return found[0];
      }),
    closing,
    ...(meter && { meter }),
  };
}
