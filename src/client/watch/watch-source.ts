import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import type { EventLog } from '../../stream';
import { loadProjectRows } from './project-rows';
import { SnapshotReader } from './snapshot-reader';
import type { WatchSource } from './watch-project';

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
        const found = await dataSource.getRepository(Project).findOne({ select: { status: true }, where: { id } });
        return found?.status;
      }),
    closing,
    ...(meter && { meter }),
  };
}
