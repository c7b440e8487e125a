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
  STANDS_MESSAGE,
  STATUS_QUERY,
  type AddRequest,
  type BatchInput,
  type BatchStatusView,
  type StoryStands,
} from '../protocol';
import { BatchStories } from './batch-stories';
import { BatchTable } from './batch-table';

const statusQuery = defineQuery<BatchStatusView>(STATUS_QUERY);
const addSignal = defineSignal<[AddRequest]>(ADD_MESSAGE);
const standsSignal = defineSignal<[StoryStands]>(STANDS_MESSAGE);
const statusAttribute = defineSearchAttributeKey('StoryStatus', SearchAttributeType.KEYWORD);

/**
 * Makes many films, so many at once and in their order. Each is a story as always, a child with an id of its own; the
 * failure of one stops no other. Its cancellation cancels every story and ends what had no turn; where it is terminated,
 * the stories under way go on, and the next batch of the same id joins them.
 */
export async function batch(input: BatchInput): Promise<BatchStatusView['counts']> {
  const table = new BatchTable(input, showToOperators());
  setHandler(statusQuery, () => table.view(), { description: 'where every project stands' });
  setHandler(addSignal, ({ projects }) => table.add(projects), {
    description: 'takes projects in at the end: {"projects":[{"projectId":"<id>"}]}; failed ones get another turn',
  });
  setHandler(standsSignal, ({ projectId, status }) => table.stands(projectId, status), {
    description: 'sent by the stories themselves',
  });
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

function showToOperators(): (table: BatchTable) => void {
  let shown = '';
  return (table) => {
    setCurrentDetails(table.markdown());
    if (table.status === shown) return;
    shown = table.status;
    upsertSearchAttributes([{ key: statusAttribute, value: shown }]);
  };
}
