import { ProjectStage, TextEdit, type Lane } from '../../entities';
import { chooseModel, textHash, withSettings } from '../../planning';
import { laneParts, parseLaneId, StoryreelError, type LaneId } from '../../protocol';
import type { LogSnapshot } from '../../stream';
import type { Changes } from '../inputs';
import { fenceAbove, mustBeIdle, type Editing, type EditSource } from './editing';

/** A person's text in place of another one. */
interface ReplacedText {
  readonly lane: LaneId;
  /** The text that it replaces; undefined if there is none. */
  readonly before: string | undefined;
  readonly text: string;
}

/**
 * Stores a person's text as the result of a lane, like one that a model made. It is kept until what it is made from
 * changes. Returns the fence of the lane. `metadata` is sent to viewers with it.
 */
export async function settleText(
  editing: Editing,
  { lane, before, text }: ReplacedText,
  metadata?: Readonly<Record<string, unknown>>,
): Promise<number> {
  mustBeIdle(editing, lane);
  const { manager, projectId, lanes } = editing;
  const fence = fenceAbove(editing, lane);
  const { stage, scene } = laneParts(lane);
  const { sha256, bytes } = textHash(text);
  await manager.query(
    `INSERT INTO lanes (project_id, lane, stage, sequence_number, status, fence, edited_fence, settled_fence, result_hash,
                        written_fence, accepts_inputs, finished_at)
     VALUES ($1, $2, $3, $4, 'completed', $5, $5, $5, $6, $5, true, now())
     ON CONFLICT (project_id, lane) DO UPDATE
       SET status = 'completed', fence = $5, edited_fence = $5, settled_fence = $5, result_hash = $6, accepts_inputs = true,
           written_fence = $5, in_progress_input_hash = NULL, error = NULL, finished_at = now(), updated_at = now()`,
    [projectId, lane, stage, scene ?? null, fence, sha256],
  );
  if (scene === undefined) {
    const row = { projectId, stage, text, sha256, textBytes: bytes, fence };
    await manager.upsert(ProjectStage, row, ['projectId', 'stage']);
  }
  if (before !== undefined) await keepReplaced(editing, fence, { lane, before, text });
  const attempt = Math.max(1, lanes.get(lane)?.attempt ?? 1);
  const settled = { sha256, bytes };
  editing.texts.push({ lane, fence, attempt, text, settled, ...(metadata && { metadata }) });
  return fence;
}

/**
 * Replaces the unfinished text of an attempt by a person's text. The lane is claimed for it, so that no older attempt
 * can write, and the next attempt continues the new text. Throws `Project.Invalid` if there is no unfinished text, or
 * if the provider cannot continue a text. Throws `Lane.Busy` if an attempt is writing the text.
 */
export async function editPartialText(
  editing: Editing,
  source: EditSource,
  { lane: name, content }: NonNullable<Changes['text']>,
): Promise<void> {
  const { manager, projectId, project, lanes } = editing;
  const lane = parseLaneId(name);
  const row = lane && lanes.get(lane);
  if (row) mustBeIdle(editing, row.lane);
  if (!row || row.inProgressInputHash === null) {
    throw new StoryreelError(
      'Project.Invalid',
      `The lane ${name} has no half-written text. Change a finished text with "rewrite" or "scenes".`,
    );
  }
  const before = await partialText(editing, row);
  if (before === content) return;
  const { continuation, name: provider } = await chooseModel(
    withSettings({ config: source.config, dataSource: { manager } }, project.runSettings),
    'text',
  );
  if (continuation !== 'prefill') {
    throw new StoryreelError(
      'Project.Invalid',
      `The provider "${provider}" cannot continue a text (continuation: ${continuation}). Write the whole of it instead.`,
    );
  }
  const fence = fenceAbove(editing, lane);
  await manager.update('lanes', { projectId, lane }, { fence, editedFence: fence });
  await keepReplaced(editing, fence, { lane, before, text: content }, content);
  editing.texts.push({ lane, fence, attempt: Math.max(1, row.attempt), text: content });
  editing.changed.push(`half-written ${name}`);
}

/**
 * The text that the last attempt, or a later edit, has left. If the log does not have that attempt's text, it is the edit
 * that the attempt began with. Undefined if neither the log nor Postgres has any.
 */
export async function partialText(
  { manager, log }: Pick<Editing, 'manager'> & { readonly log: LogSnapshot | undefined },
  { projectId, lane, fence, begunFence, editedFence }: Lane,
): Promise<string | undefined> {
  const held = log?.lanes.get(lane);
  // Attempts that ended before their first word have left the text as it is.
  if (held && held.fence >= (editedFence ?? begunFence ?? fence) && held.fence <= fence) return held.text;
  if (editedFence === null) return undefined;
  return (await manager.findOneBy(TextEdit, { projectId, lane, fenceAfter: editedFence }))?.partialText ?? undefined;
}

/** Stores the replaced text. `partialText` is the new text if it is unfinished, so that the model continues it. */
async function keepReplaced(
  { manager, projectId, project, by, lanes }: Editing,
  fence: number,
  { lane, before = '', text }: ReplacedText,
  partialText: string | null = null,
): Promise<void> {
  await manager.insert(TextEdit, {
    projectId,
    lane,
    version: project.version + 1,
    by: by ?? null,
    fenceBefore: lanes.get(lane)?.fence ?? 0,
    fenceAfter: fence,
    commonPrefixBytes: commonBytes(before, text),
    sha256Before: textHash(before).sha256,
    sha256After: textHash(text).sha256,
    previousText: before,
    partialText,
  });
}

/** Bytes at the beginning that both texts have, in whole characters. */
function commonBytes(a: string, b: string): number {
  let units = 0;
  while (units < a.length && a[units] === b[units]) units += 1;
  const last = a.charCodeAt(units - 1);
  if (last >= 0xd800 && last <= 0xdbff) units -= 1;
  return Buffer.byteLength(a.slice(0, units));
}
