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

/** A text that viewers must be told of. */
export interface EditedText {
  readonly lane: LaneId;
  readonly fence: number;
  readonly attempt: number;
  readonly text: string;
  /** Absent where the text is half-written. */
  readonly settled?: { readonly sha256: string; readonly bytes: number };
  /** Of a camera move. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One edit under way, in its transaction. */
export interface Editing {
  readonly manager: EntityManager;
  readonly projectId: ProjectId;
  readonly project: Project;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly log: LogSnapshot | undefined;
  /** A workflow runs, so that a lane that says `processing` is really being worked on. */
  readonly live: boolean;
  readonly by: string | undefined;
  /** What was changed, in words; where nothing was, there is no new version. */
  readonly changed: string[];
  readonly texts: EditedText[];
  /** Lanes of which an attempt may still be at work on a scene that has gone from there. */
  readonly barred: { readonly lane: LaneId; readonly fence: number; readonly attempt: number }[];
}

export type Opening = Pick<Editing, 'projectId' | 'live' | 'by' | 'log'>;

/**
 * Locks the project and its lanes, of which attempts also write alone: what is read from here on stays as it is until
 * the edit is committed, and an attempt that claims a lane after that sees the edit.
 */
export async function openEdit(manager: EntityManager, opening: Opening): Promise<Editing> {
  const { projectId } = opening;
  await lockProject(manager, projectId);
  await manager.query('SELECT 1 FROM lanes WHERE project_id = $1 ORDER BY lane FOR UPDATE', [projectId]);
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw projectNotFound(projectId);
  const editing = { ...opening, manager, project, lanes: new Map<string, Lane>(), changed: [], texts: [], barred: [] };
  await readLanes(editing);
  return editing;
}

/** Again where scenes have moved, and their lanes with them. */
export async function readLanes(editing: Editing): Promise<void> {
  const { manager, projectId } = editing;
  const lanes = editing.lanes as Map<string, Lane>;
  lanes.clear();
  for (const row of await manager.findBy(Lane, { projectId })) lanes.set(row.lane, row);
}

/**
 * A fence for the person's own claim of a lane: just above every one that was seen, so that it keeps older attempts out
 * whatever this computer's clock says, and lets the next one in.
 */
export function fenceAbove({ lanes, log }: Editing, ...names: readonly LaneId[]): number {
  const known = names.flatMap((lane) => [...[lanes.get(lane)?.fence ?? 0, log?.newest.get(lane) ?? 0]]);
  return Math.max(0, ...known) + 1;
}

/** The same for lanes that change places: above those of all lanes that are, or were, in the project. */
export function fenceAboveAll(editing: Editing): number {
  return fenceAbove(editing, ...([...editing.lanes.keys(), ...(editing.log?.lanes.keys() ?? [])] as LaneId[]));
}

/** Throws `Lane.Busy` where an attempt would write over what a person writes now. */
export function mustBeIdle({ lanes, live }: Editing, lane: LaneId): void {
  if (!live || lanes.get(lane)?.status !== 'processing') return;
  throw new StoryreelError(
    'Lane.Busy',
    `The text of ${lane} is being written now. Pause the run, or wait until it is done, and edit it then.`,
  );
}
