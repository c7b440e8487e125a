import type { ProjectId, SnapshotEvent } from '../../protocol';
import type { EventLog } from '../../stream';
import type { ProjectRows } from './project-rows';
import { snapshotOf } from './snapshot';

/** `away`: the log could not be asked, so that this is all that Postgres knows. No event: there is no such project. */
export interface TakenSnapshot {
  readonly event?: SnapshotEvent;
  readonly away: boolean;
}

interface Reading {
  readonly now: Promise<TakenSnapshot>;
  /** Shared by all callers who have asked since the current snapshot began. */
  next?: Promise<TakenSnapshot>;
}

/**
 * Takes snapshots. However many viewers of a project return at the same moment, the log and Postgres are read once or
 * twice. A caller who asks while a snapshot is being taken shares the next one with all other such callers. The present
 * one may have read before the events that the caller has missed.
 */
export class SnapshotReader {
  private readonly readings = new Map<ProjectId, Reading>();

  constructor(
    private readonly log: EventLog,
    private readonly loadRows: (projectId: ProjectId) => Promise<ProjectRows | undefined>,
  ) {}

  /** The state at some moment after the call. Rejects if Postgres cannot be asked. */
  take(projectId: ProjectId): Promise<TakenSnapshot> {
    const reading = this.readings.get(projectId);
    if (!reading) return this.begin(projectId);
    const begin = () => this.begin(projectId);
    return (reading.next ??= reading.now.then(begin, begin));
  }

  private begin(projectId: ProjectId): Promise<TakenSnapshot> {
    const reading: Reading = { now: this.read(projectId) };
    this.readings.set(projectId, reading);
    const over = () => {
      if (!reading.next) this.readings.delete(projectId);
    };
    reading.now.then(over, over);
    return reading.now;
  }

  private async read(projectId: ProjectId): Promise<TakenSnapshot> {
    const held = await this.log.snapshot(projectId).catch(() => undefined);
    const known = await this.loadRows(projectId);
    return { away: held === undefined, ...(known && { event: snapshotOf(projectId, known, held) }) };
  }
}
