import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  CancellationScope,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  ADD_MESSAGE,
  parseProjectId,
  STORY_STATUS_MESSAGE,
  STATUS_QUERY,
  type BatchInput,
  type BatchStatusView,
  type RunStatus,
} from '../protocol';
import { BatchStories } from './batch-stories';
import { BatchTable } from './batch-table';
import { noteUnknownSignals } from './message-guard';
import { fieldsOf, readBatchInput, readBatchItems } from './read-input';

const statusQuery = defineQuery<BatchStatusView>(STATUS_QUERY);
const addSignal = defineSignal<[unknown]>(ADD_MESSAGE);
const statusSignal = defineSignal<[unknown]>(STORY_STATUS_MESSAGE);
/** The statuses that a running story reports about itself. Temporal reports how the story ends. */
const LIVE: readonly RunStatus[] = ['running', 'paused', 'awaiting_approval', 'needs_attention'];

const statusAttribute = defineSearchAttributeKey('StoryStatus', SearchAttributeType.KEYWORD);

/**
 * Runs many stories in their order, with a limit on how many run at the same time. Each story is a usual story
 * workflow, a child with an id of its own; the failure of one stops no other. A cancellation of the batch cancels every
 * running story and ends the queued projects. If the batch is terminated, running stories continue, and the next batch
 * of this id joins them.
 */
export async function batch(given: BatchInput): Promise<BatchStatusView['counts']> {
  const input = readBatchInput(given);
  const table = new BatchTable(input, showToOperators());
  setHandler(statusQuery, () => table.view(), { description: 'the status of every project' });
  setHandler(addSignal, (message) => add(table, message), {
    description: 'takes projects in at the end: {"projects":[{"projectId":"<id>"}]}; failed ones get another turn',
  });
  setHandler(statusSignal, (message) => takeStatus(table, message), { description: 'sent by the stories themselves' });
  noteUnknownSignals((line) => table.setNote(line));
  const stories = new BatchStories(input.story, table);
  try {
    const isTooLong = await stories.all();
    if (isTooLong) return await continueAsNew<typeof batch>({ ...input, ...table.carry() });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => stories.cancel());
    table.end(true);
    throw error;
  }
  table.end(false);
  return table.counts;
}

/** A message that cannot be read leaves a line, and does nothing. */
function add(table: BatchTable, message: unknown): void {
  const items = readBatchItems(fieldsOf(message)?.['projects']);
  const refusal = typeof items === 'string' ? items : table.add(items);
  table.setNote(refusal === undefined ? undefined : `add did nothing: ${refusal}`);
}

function takeStatus(table: BatchTable, message: unknown): void {
  const { projectId, status } = fieldsOf(message) ?? {};
  const id = parseProjectId(projectId);
  const known = LIVE.find((each) => each === status);
  if (id && known) table.report(id, known);
  else table.setNote('storyStands did nothing: it needs {"projectId":"<id>","status":"running"}');
}

function showToOperators(): (table: BatchTable) => void {
  let shown = '';
  return (table) => {
    setCurrentDetails(table.markdown());
    if (table.status === shown) return;
    shown = table.status;
    upsertSearchAttributes([{ key: statusAttribute, value: shown }]);
  };
}
