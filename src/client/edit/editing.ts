import type { DataSource, EntityManager } from 'typeorm';
import type { Config } from '../../config';
import { Lane, lockProject, Project } from '../../entities';
import { projectNotFound, StoryreelError, type LaneId, type ProjectId } from '../../protocol';
import type { EventLog, LogSnapshot } from '../../stream';

export interface EditSource {
  readonly dataSource: DataSource;
  readonly log: EventLog;
  readonly config: Config;
}

/** A text that must be published to viewers. */
export interface EditedText {
  readonly lane: LaneId;
  readonly fence: number;
  readonly attempt: number;
  readonly text: string;
  /** Absent if the text is unfinished. */
  readonly settled?: { readonly sha256: string; readonly bytes: number };
  /** The metadata of a camera move. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One edit under way, in its transaction. */
export interface Editing {
  readonly manager: EntityManager;
  readonly projectId: ProjectId;
  readonly project: Project;
  readonly lanes: Map<LaneId, Lane>;
  readonly log: LogSnapshot | undefined;
  /** A workflow runs, so that a lane with status `processing` is really in work. */
  readonly live: boolean;
  readonly by: string | undefined;
  /** The changes in words; if the list is empty, there is no new version. */
  readonly changed: string[];
  readonly texts: EditedText[];
  /** Lanes whose running attempts may work on a scene that is no longer there. */
  readonly superseded: { readonly lane: LaneId; readonly fence: number; readonly attempt: number }[];
}

export type Opening = Pick<Editing, 'projectId' | 'live' | 'by' | 'log'>;

/**
 * Locks the project and its lanes, because attempts may write a lane without the project. The rows that are read from
 * here on do not change until the edit commits. An attempt that claims a lane later sees the edit.
 */
export async function openEdit(manager: EntityManager, opening: Opening): Promise<Editing> {
  const { projectId } = opening;
  await lockProject(manager, projectId);
  await manager.query('SELECT 1 FROM lanes WHERE project_id = $1 ORDER BY lane FOR UPDATE', [projectId]);
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw projectNotFound(projectId);
  const editing = {
    ...opening,
    manager,
    project,
    lanes: new Map<LaneId, Lane>(),
    changed: [],
    texts: [],
    superseded: [],
  };
  await readLanes(editing);
  return editing;
}

/** Reads the lanes again after scenes, and their lanes, have moved. */
export async function readLanes(editing: Editing): Promise<void> {
  const { manager, projectId, lanes } = editing;
  lanes.clear();
  for (const row of await manager.findBy(Lane, { projectId })) lanes.set(row.lane, row);
}

/**
 * The fence of a person's own claim of a lane. It is just above every known fence: older attempts are rejected,
 * whatever the clock of this computer shows, and the next attempt is accepted.
 */
export function fenceAbove({ lanes, log }: Editing, ...names: readonly LaneId[]): number {
  const known = names.flatMap((lane) => [...[lanes.get(lane)?.fence ?? 0, log?.newest.get(lane) ?? 0]]);
  return Math.max(0, ...known) + 1;
}

/** The same for lanes that change places: above those of all lanes that are, or were, in the project. */
export function fenceAboveAll(editing: Editing): number {
  return fenceAbove(editing, ...editing.lanes.keys(), ...(editing.log?.lanes.keys() ?? []));
}

/** Throws `Lane.Busy` if an attempt would overwrite the person's text. */
export function mustBeIdle({ lanes, live }: Editing, lane: LaneId): void {
  if (!live || lanes.get(lane)?.status !== 'processing') return;
  throw new StoryreelError(
    'Lane.Busy',
    `The text of ${lane} is being written now. Pause the run, or wait until it is done, and edit it then.`,
  );
}
