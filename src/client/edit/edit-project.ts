import type { EntityManager } from 'typeorm';
import { Project, ProjectStage } from '../../entities';
import { laneOfRole, stageOfRole, StoryreelError, utf8Bytes, type LaneId, type ProjectId } from '../../protocol';
import { changeRows } from '../access/acting';
import { readChanges, type Changes, type ProjectChanges } from '../inputs';
import { conflict, openEdit, publishEdit, type Editing, type EditSource, type Opening } from './editing';
import { editScenes, type EditedScenes } from './scenes';
import { editPartialText, settleText } from './edit-texts';

const STORY = laneOfRole('story');
const BOARD = laneOfRole('scenes');

/** Who edits which version. */
export interface EditOptions {
  /** The version that the person has read; with another one the edit is refused. */
  readonly version?: number;
  /** Who edits, for the record. */
  readonly by?: string;
}

/** What an edit has changed. */
export interface EditedProject {
  /** The version of the project after the call. */
  readonly version: number;
}

export interface RequestedEdit extends EditOptions {
  readonly projectId: ProjectId;
  readonly changes: ProjectChanges;
  /** States whether a run of the project is open. */
  readonly isLive: () => Promise<boolean>;
}

/** An edit whose changes have been read, with what must be known before its transaction. */
interface PreparedEdit {
  readonly opening: Opening;
  readonly changes: Changes;
  readonly version: number | undefined;
}

/**
 * Changes a project by hand, everything or nothing. The live run is signalled before, viewers are informed afterwards.
 * `signal` lets the live run, if there is one, read everything again before it ends.
 *
 * The edit itself produces no results. A run produces again what depends on the change; a person's text stays as long
 * as its inputs stay.
 *
 * An edit that changes nothing makes no new version. Throws `Project.Invalid`, `Project.Conflict`, `Project.NotFound`,
 * `Lane.Busy` and, if the live run cannot be signalled, `Service.Unreachable`.
 */
export async function editProject(
  source: EditSource,
  edit: RequestedEdit,
  signal: () => Promise<void>,
): Promise<EditedProject> {
  const prepared = await prepareEdit(source, edit);
  const store = async (manager: EntityManager) => {
    const edited = await makeEdit(manager, source, prepared);
    if (edited.changed.length > 0) await signalRun(signal);
    return edited;
  };
  const editing = await changeRows(source.dataSource, store, ({ project, changed }) => ({
    versionAfter: project.version + (changed.length > 0 ? 1 : 0),
  }));
  const { project, changed } = editing;
  if (changed.length === 0) return { version: project.version };
  await publishEdit(source, editing);
  return { version: project.version + 1 };
}

/**
 * What `readEdited` finds in the rows of the project as the edit would leave them. The transaction of the edit is
 * undone, and nothing is published. Throws as `editProject`.
 */
export async function readAsEdited<T>(
  source: EditSource,
  edit: RequestedEdit,
  readEdited: (manager: EntityManager, version: number) => Promise<T>,
): Promise<T> {
  const prepared = await prepareEdit(source, edit);
  const undone = new Error('the edit is not stored');
  let found: { readonly it: T } | undefined;
  await source.dataSource
    .transaction(async (manager) => {
      const { project } = await makeEdit(manager, source, prepared);
      found = { it: await readEdited(manager, project.version) };
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  if (!found) throw undone;
  return found.it;
}

async function prepareEdit({ log }: EditSource, edit: RequestedEdit): Promise<PreparedEdit> {
  const { projectId, version, by } = edit;
  const changes = readChanges(edit.changes);
  const live = await edit.isLive();
  const snapshot = await log.snapshot(projectId).catch(() => undefined);
  return { opening: { projectId, live, by, log: snapshot }, changes, version };
}

/** Changes the rows in the transaction of `manager`. */
async function makeEdit(
  manager: EntityManager,
  source: EditSource,
  { opening, changes, version }: PreparedEdit,
): Promise<Editing> {
  const editing = await openEdit(manager, opening);
  const { project } = editing;
  const isStale = version !== undefined && version !== project.version;
  try {
    await apply(editing, source, changes);
  } catch (error) {
    // The change may fit the version that the person has read.
    throw isStale && error instanceof StoryreelError ? conflict(project.version, version, 'edit') : error;
  }
  if (editing.changed.length === 0) return editing;
  if (isStale) throw conflict(project.version, version, 'edit');
  await manager.update(Project, { id: project.id }, { version: project.version + 1 });
  return editing;
}

async function apply(editing: Editing, source: EditSource, changes: Changes): Promise<void> {
  const { manager, project, projectId } = editing;
  const { topic, rewrite, text } = changes;
  const { MAX_TEXT_BYTES } = source.config;
  const isOther = topic !== undefined && topic !== project.topic;
  const hasLanguage = (await editSettings(editing, changes)).includes('language');
  // A story is made from both.
  const isNew = isOther || hasLanguage;
  if (isOther) {
    await manager.update(Project, { id: projectId }, { topic });
    editing.changed.push('topic');
  }
  const known = await manager.findOneBy(ProjectStage, { projectId, stage: STORY });
  const isRewritten = rewrite !== undefined && rewrite !== known?.text;
  if (isRewritten) {
    mustFit('rewrite', rewrite, MAX_TEXT_BYTES);
    await settleText(editing, { lane: STORY, before: known?.text ?? undefined, text: rewrite });
    editing.changed.push('rewrite');
  }
  const ofScenes = changes.scenes ?? changes.remove ?? changes.add ?? changes.order;
  const before = editing.texts.length;
  const scenes = ofScenes ? await editScenes(editing, changes) : { fields: [], cameras: [] };
  const boardEdited = editing.texts.slice(before).some(({ lane }) => lane === BOARD);
  if (text) mustFit('text', text.content, MAX_TEXT_BYTES);
  if (text) await editPartialText(editing, source, text);
  await takeBack(editing, { isNew, isRewritten, boardEdited, ...scenes });
}

/** Changes the language and the frame of a project. Returns the names of those that are different now. */
async function editSettings(editing: Editing, { settings = {} }: Changes): Promise<string[]> {
  const { manager, project, projectId } = editing;
  const next = new Map(Object.entries(project.settings));
  const changed = (['language', 'frame'] as const).filter((name) => {
    const wanted = settings[name];
    if (wanted === undefined || wanted === (next.get(name) ?? null)) return false;
    if (wanted === null) next.delete(name);
    else next.set(name, wanted);
    return true;
  });
  if (changed.length === 0) return [];
  await manager.save(Project, { id: projectId, settings: Object.fromEntries(next) });
  editing.changed.push(...changed);
  return changed;
}

/** A person's earlier text stays only until its inputs change. This edit changes them. */
async function takeBack(
  { manager, projectId }: Editing,
  edited: EditedScenes & { readonly isNew: boolean; readonly isRewritten: boolean; readonly boardEdited: boolean },
): Promise<void> {
  const rewrite = edited.isNew && !edited.isRewritten;
  const storyboard = (edited.isNew || edited.isRewritten) && !edited.boardEdited;
  const lanes: LaneId[] = [
    ...(rewrite ? [STORY] : []),
    ...(storyboard ? [BOARD] : []),
    ...edited.fields.map((number) => laneOfRole('camera', number)),
  ];
  const spared = edited.cameras.map((number) => laneOfRole('camera', number));
  await manager.query(
    `UPDATE lanes SET accepts_inputs = false
     WHERE project_id = $1 AND accepts_inputs AND (lane = ANY ($2::text[]) OR $4 AND stage = $5)
       AND NOT lane = ANY ($3::text[])`,
    [projectId, lanes, spared, storyboard, stageOfRole('camera').name],
  );
}

/**
 * Signals the live run before the commit; the run then waits for the commit. Therefore a live run knows about every
 * stored edit, whatever crashes. If the edit is not stored after all, the run finds no change. The signal is sent even
 * if no run was live before, because one may have begun meanwhile.
 */
async function signalRun(signal: () => Promise<void>): Promise<void> {
  await signal().catch((cause: unknown) => {
    throw new StoryreelError(
      'Service.Unreachable',
      'The edit could not be signalled to the live run, so nothing was changed. Check TEMPORAL_ADDRESS, or run "storyreel doctor".',
      { cause },
    );
  });
}

function mustFit(what: string, text: string, most: number): void {
  if (utf8Bytes(text) <= most) return;
  throw new StoryreelError('Project.Invalid', `The ${what} is longer than MAX_TEXT_BYTES (${most}).`);
}
