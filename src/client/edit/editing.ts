import type { DataSource, EntityManager } from 'typeorm';
import type { Config } from '../../config';
import { Lane, lockProject, type Project } from '../../entities';
import {
  isFinal,
  laneParts,
  PIPELINE,
  roleOf,
  StoryreelError,
  type EventBody,
  type LaneId,
  type ProjectId,
} from '../../protocol';
import type { EventLog, LogSnapshot } from '../../stream';
import { knownProject } from '../projects/known-project';

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

/** What an edit knows before its transaction begins. */
export type Opening = Pick<Editing, 'projectId' | 'live' | 'by' | 'log'>;

/**
 * Locks the project and its lanes, because attempts may write a lane without the project. The rows that are read from
 * here on do not change until the edit commits. An attempt that claims a lane later sees the edit.
 */
export async function openEdit(manager: EntityManager, opening: Opening): Promise<Editing> {
  const { projectId } = opening;
  await lockProject(manager, projectId);
  await manager.query('SELECT 1 FROM lanes WHERE project_id = $1 ORDER BY lane FOR UPDATE', [projectId]);
  const project = await knownProject({ manager }, projectId);
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

export function conflict(
  now: number,
  version: number,
  what: 'approval' | 'edit' | 'rejection' | 'deletion',
): StoryreelError {
  return new StoryreelError(
    'Project.Conflict',
    `Somebody else was faster: the project is at version ${now}, and this ${what} was made of version ${version}. Read it again.`,
  );
}

/** Throws `Lane.Busy` if an attempt would overwrite the person's text. */
export function mustBeIdle({ lanes, live }: Editing, lane: LaneId): void {
  if (!live || lanes.get(lane)?.status !== 'processing') return;
  throw new StoryreelError(
    'Lane.Busy',
    `The text of ${lane} is being written now. Pause the run, or wait until it is done, and edit it then.`,
  );
}

/**
 * Publishes a stored edit to viewers: each text again under the person's own fence, then `edited`, after which a watch
 * sends a snapshot. If the log is away, nothing is lost: snapshots come from Postgres, and the next run publishes the
 * rest.
 */
export async function publishEdit({ log, config }: EditSource, editing: Editing): Promise<void> {
  const { projectId, project, texts, superseded, by } = editing;
  try {
    for (const { lane, fence, attempt } of superseded) {
      const writer = { projectId, lane, fence, attempt };
      await log.publish({ projectId, stage: laneParts(lane).stage, writer, events: [] });
    }
    for (const text of texts) await publishText(log, editing, text);
    const body: EventBody = { type: 'edited', version: project.version + 1, ...(by !== undefined && { by }) };
    await log.publish({ projectId, stage: PIPELINE, events: [body] });
    // A log that was let go after the run's end is not kept for longer by this.
    if (isFinal(project.status) || project.status === 'draft') {
      await log.expire(projectId, config.LOG_EXPIRY_SECONDS, project.runFence);
    }
  } catch {
    // The edit is made. Who watches gets it from Postgres.
  }
}

async function publishText(log: EventLog, { projectId }: Editing, edited: EditedText): Promise<void> {
  const { lane, fence, attempt, text, settled, metadata } = edited;
  const writer = { projectId, lane, fence, attempt };
  const reply = await log.append({ writer, offset: 0, text, reason: 'edited' });
  // A newer attempt has the lane; what it makes it makes from the edit.
  if (reply.kind === 'stale' || !settled) return;
  const { stage, scene } = laneParts(lane);
  const events: EventBody[] = [{ type: 'done', metadata: { length: settled.bytes, sha256: settled.sha256 } }];
  if (scene !== undefined && metadata) {
    events.push({ type: 'item_completed', item_type: roleOf(lane) ?? stage, sequence_number: scene, metadata });
  }
  await log.publish({ projectId, stage, writer, events, needsBytes: settled.bytes });
}
