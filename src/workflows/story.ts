import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  RETRY_MESSAGE,
  STATUS_QUERY,
  type CarriedRun,
  type EventError,
  type LaneId,
  type OpenedRun,
  type RetryRequest,
  type StoryInput,
  type StoryStatusView,
} from '../protocol';
import { announceRun, closeRun, openRun } from './activity-options';
import { LaneOrder, lanesNamed } from './lane-order';
import { eventErrorOf, LaneRunner } from './lane-runner';
import { LaneTable } from './lane-table';
import { tellBatch } from './tell-batch';

const statusQuery = defineQuery<StoryStatusView>(STATUS_QUERY);
const retrySignal = defineSignal<[RetryRequest]>(RETRY_MESSAGE);
const retryUpdate = defineUpdate<LaneId[], [RetryRequest]>(RETRY_MESSAGE);

const attributes = {
  project: defineSearchAttributeKey('StoryProject', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('StoryStage', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('StoryStatus', SearchAttributeType.KEYWORD),
};

/** Turns a project's topic into its film. Holds ids, statuses and counts; every text and file stays outside. */
export async function story(input: StoryInput): Promise<StoryStatusView> {
  const { projectId, carried } = input;
  const table = new LaneTable(projectId, showToOperators());
  setHandler(statusQuery, () => table.view(), { description: 'where every lane stands' });
  const parked = (request: RetryRequest) => lanesNamed(request.lane, table.withStatus('needs_attention'));
  const retry = (request: RetryRequest) => {
    const lanes = parked(request);
    for (const lane of lanes) table.set(lane, 'pending');
    return lanes;
  };
  // A signal for a lane that is not parked is stale or doubled, and does nothing; an update is told so.
  const description =
    'tries a parked lane again: {"lane":"image_generation/3"}, or all of a stage: {"lane":"image_generation"}';
  setHandler(retrySignal, (request) => void retry(request), { description });
  setHandler(retryUpdate, retry, {
    description,
    validator: (request: RetryRequest) => {
      if (parked(request).length === 0) throw new Error(`${request.lane} is not waiting for a retry`);
    },
  });

  const runId = carried?.runId ?? workflowInfo().runId;
  let runner: LaneRunner | undefined;
  let thrown: Error | undefined;
  try {
    const run = carried?.run ?? (await openRun({ projectId }));
    runner = new LaneRunner({
      projectId,
      runId,
      table,
      onFailure: input.onFailure ?? 'park',
      ...(input.force && { madeSince: run.runFence }),
    });
    const left = await make(run, runId, runner, table, carried);
    if (left) return await continueAsNew<typeof story>({ ...input, carried: left });
  } catch (error) {
    thrown = error as Error;
    if (thrown.name === 'ContinueAsNew') throw thrown;
  }
  await CancellationScope.nonCancellable(() => close(table, runId, runner, thrown));
  if (thrown) throw thrown;
  return table.view();
}

/** Runs the plan to its end, or until the history is long: then gives what is left for the next run of the workflow. */
async function make(
  run: OpenedRun,
  runId: string,
  runner: LaneRunner,
  table: LaneTable,
  carried: CarriedRun | undefined,
): Promise<CarriedRun | undefined> {
  table.begin(run.plan);
  const order = new LaneOrder(run.plan, runner, (scenes) => table.setScenes(scenes), {
    ...(carried?.scenes && { scenes: carried.scenes }),
    settled: carried?.settled ?? [],
  });
  for (const lane of carried?.settled ?? []) table.set(lane, 'completed');
  for (const [lane, error] of Object.entries(carried?.parked ?? {})) {
    table.set(lane as LaneId, 'needs_attention', error);
  }

  const scope = new CancellationScope();
  const finished = scope.run(() => order.all()).then(() => false);
  const drained = drain(runner, order);
  try {
    const tooLong = await Promise.race([finished, drained]);
    if (!tooLong) return undefined;
  } catch (error) {
    scope.cancel();
    throw error;
  }
  const parked = table.withStatus('needs_attention').map((lane) => [lane, table.error(lane)] as const);
  return {
    run,
    runId,
    ...(order.scenes && { scenes: order.scenes }),
    settled: [...order.settled],
    parked: Object.fromEntries(parked) as Readonly<Record<LaneId, EventError>>,
  };
}

async function drain(runner: LaneRunner, order: LaneOrder): Promise<boolean> {
  await condition(() => workflowInfo().continueAsNewSuggested);
  runner.drain();
  order.close();
  await condition(() => runner.idle);
  return true;
}

/** Leaves rows, viewers and the Temporal UI with the same end, after everything that was under way has stopped. */
async function close(
  table: LaneTable,
  runId: string,
  runner: LaneRunner | undefined,
  thrown: Error | undefined,
): Promise<void> {
  const outcome = !thrown ? 'completed' : isCancellation(thrown) ? 'cancelled' : 'failed';
  const { projectId } = table;
  await condition(() => runner === undefined || runner.stopped);
  const { announced } = await closeRun({
    projectId,
    runId,
    outcome,
    ...(outcome === 'failed' && { error: eventErrorOf(thrown) }),
    announce: runner?.toldAll ?? true,
  });
  table.end(outcome);
  if (announced) return;
  await condition(() => runner === undefined || runner.toldAll);
  await announceRun({ projectId, runId }).catch(() => undefined);
}

function showToOperators(): (table: LaneTable) => void {
  let shown = { stage: '', status: '' };
  const tell = tellBatch();
  return (table) => {
    tell(table);
    setCurrentDetails(table.markdown());
    const now = { stage: table.stage, status: table.runStatus as string };
    if (now.stage === shown.stage && now.status === shown.status) return;
    shown = now;
    upsertSearchAttributes([
      { key: attributes.project, value: table.projectId },
      { key: attributes.stage, value: now.stage },
      { key: attributes.status, value: now.status },
    ]);
  };
}
