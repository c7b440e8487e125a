import { ProjectStage, TextEdit } from '../../entities';
import { textHash } from '../../planning';
import { laneParts, type LaneId } from '../../protocol';
import { fenceAbove, mustBeIdle, type Editing } from './editing';

/** Settles a text lane by hand: a result like one that a model made, and kept until what it is made from changes. */
export async function settleText(
  editing: Editing,
  lane: LaneId,
  before: string | undefined,
  text: string,
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
  if (before !== undefined) await keepReplaced(editing, lane, fence, before, text);
  const attempt = Math.max(1, lanes.get(lane)?.attempt ?? 1);
  editing.texts.push({
    ...{ lane, fence, attempt, text, settled: { sha256, bytes } },
    ...(metadata && { metadata }),
  });
  return fence;
}

/** Stores the replaced text. `partial`: the new text is unfinished, and the model continues it. */
export async function keepReplaced(
  { manager, projectId, project, by, lanes }: Editing,
  lane: LaneId,
  fence: number,
  before: string,
  after: string,
  partial = false,
): Promise<void> {
  await manager.insert(TextEdit, {
    projectId,
    lane,
    version: project.version + 1,
    by: by ?? null,
    fenceBefore: lanes.get(lane)?.fence ?? 0,
    fenceAfter: fence,
    commonPrefixBytes: commonBytes(before, after),
    sha256Before: textHash(before).sha256,
    sha256After: textHash(after).sha256,
    previousText: before,
    partialText: partial ? after : null,
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
