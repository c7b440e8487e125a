import { isFinal, laneParts, PIPELINE, roleOf, type EventBody } from '../../protocol';
import type { EventLog } from '../../stream';
import type { EditedText, Editing, EditSource } from './editing';

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
