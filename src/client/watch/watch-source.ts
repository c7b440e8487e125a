import type { DataSource } from 'typeorm';
import type { ProjectId, ProjectStatus } from '../../protocol';
import type { EventLog } from '../../stream';
import { loadProjectRows } from './project-rows';
import { SnapshotReader } from './snapshot-reader';

/** What Postgres states about a run. */
export interface StoredStatus {
  readonly status: ProjectStatus;
  /** The run has ended within the last seconds: its last event may be on its way to the log. */
  readonly endedJustNow: boolean;
}

export interface WatchSource {
  readonly log: EventLog;
  readonly snapshots: SnapshotReader;
  /** Undefined if there is no such project. */
  readonly status: (projectId: ProjectId) => Promise<StoredStatus | undefined>;
  /** Ends every watch: what it reads from is about to be closed. */
  readonly closing: AbortSignal;
  readonly meter?: WatchMeter;
}

/** Measures what viewers get. */
export interface WatchMeter {
  /** Adds to the number of open watches. */
  watched(more: 1 | -1): void;
  /** An event came live; in seconds, when it entered the log. */
  delivered(timestamp: number): void;
}

/** What the watches of a client share. */
export function watchSource(
  { dataSource, log }: { readonly dataSource: DataSource; readonly log: EventLog },
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
