import { TextEdit, type Lane } from '../../entities';
import { chooseModel, withSettings } from '../../planning';
import { parseLaneId, StoryreelError } from '../../protocol';
import type { LogSnapshot } from '../../stream';
import type { Changes } from './changes';
import { fenceAbove, mustBeIdle, type Editing, type EditSource } from './editing';
import { keepReplaced } from './settled-text';

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
      `No text of ${name} is half-written. What is whole is edited as it is.`,
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
      `The provider "${provider}" cannot go on from a text (continuation: ${continuation}). Write the whole of it instead.`,
    );
  }
  const fence = fenceAbove(editing, lane);
  await manager.update('lanes', { projectId, lane }, { fence, editedFence: fence });
  await keepReplaced(editing, lane, fence, before ?? '', content, true);
  editing.texts.push({ lane, fence, attempt: Math.max(1, row.attempt), text: content });
  editing.changed.push(`half-written ${name}`);
}

/** The text that the last attempt, or a later edit, has left; undefined if neither the log nor Postgres has it. */
export async function partialText(
  { manager, log }: Pick<Editing, 'manager'> & { readonly log: LogSnapshot | undefined },
  { projectId, lane, fence, editedFence }: Lane,
): Promise<string | undefined> {
  const held = log?.lanes.get(lane);
  if (held?.fence === fence) return held.text;
  if (fence !== editedFence) return undefined;
  return (await manager.findOneBy(TextEdit, { projectId, lane, fenceAfter: fence }))?.partialText ?? undefined;
}
