import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  defined,
  laneEntries,
  STATUS_QUERY,
  STORY_RUN_MEMO,
  type ContinuedState,
  type OpenedRun,
  type StoryInput,
  type StoryStatusView,
} from '../protocol';
import { announceRun, closeRun, openRun } from './activity-options';
import { AfterReset, isReset, wasReset } from './after-reset';
import { Gates } from './gates';
import { detailsOf } from './lane-details';
import { LaneScheduler } from './lane-scheduler';
import { eventErrorOf, hasMoved, broadcastStop, lacksInput, LaneRunner, stopFence } from './lane-runner';
import { LaneTable } from './lane-table';
import { readStoryInput } from './read-input';
import { RunStatusPublisher } from './run-status-publisher';
import { SceneWatch } from './scene-watch';
import { listen, type SteeredRun } from './steering';
import { signalBatch } from './signal-batch';

const statusQuery = defineQuery<StoryStatusView>(STATUS_QUERY);

const attributes = {
  project: defineSearchAttributeKey('StoryProject', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('StoryStage', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('StoryStatus', SearchAttributeType.KEYWORD),
};

/** A run with its message handlers and its status publishers. */
interface StoryRun extends SteeredRun {
  readonly runId: string;
  readonly statusPublisher: RunStatusPublisher;
  readonly afterReset: AfterReset;
}

/** Turns a project's topic into its film. Holds ids, statuses and counts; every text and file stays outside. */
export async function story(given: StoryInput): Promise<StoryStatusView> {
  const input = readStoryInput(given);
  const { projectId, stages, scenes, gates, keepSettings, carried } = input;
  const run = beginRun(input);
  const { table, runner } = run;
  setHandler(statusQuery, () => table.view(), { description: 'the status of every lane' });
  // The state is restored before messages are taken: messages that arrived meanwhile refer to the lanes in this state.
  if (carried) restoreState(carried, table);
  listen(run);

  CancellationScope.current().cancelRequested.catch(() => {
    run.ending = true;
    runner.endSteps();
    // Histories of the first release have no such step.
    if (patched('stop-lanes')) broadcastStop({ projectId, runId: run.runId, before: stopFence() });
  });

  let opened: OpenedRun | undefined = carried?.run;
  let thrown: Error | undefined;
  try {
    opened ??= await openRun({
      projectId,
      ...defined({ stages, scenes, gates }),
      ...(keepSettings && { keepSettings }),
    });
    if (input.force) runner.minResultFence = opened.runFence;
    runner.afterReset = wasReset(run.runId, opened);
    // A run that continued as new after a reset was synchronised before that.
    if (runner.afterReset && (!carried || isReset())) resyncAfterReset(run, carried);
    const next = await runPlan(opened, run, carried);
    if (next) return await continueRun(input, next);
  } catch (error) {
    thrown = error as Error;
    if (thrown.name === 'ContinueAsNew') throw thrown;
  }
  await CancellationScope.nonCancellable(() => close(run, opened, thrown));
  if (thrown) throw thrown;
  return table.view();
}

/**
 * Continues as a new execution. If it was reset, Temporal itself knows of the next one only the first execution of all.
 * Therefore its memo names the story run that it belongs to.
 */
function continueRun(input: StoryInput, carried: ContinuedState): Promise<never> {
  const { firstExecutionRunId, memo } = workflowInfo();
  const wasReset = carried.runId !== firstExecutionRunId;
  const options = wasReset ? { memo: { ...memo, [STORY_RUN_MEMO]: carried.runId } } : {};
  return makeContinueAsNewFunc<typeof story>(options)({ ...input, carried });
}

function beginRun({ projectId, gates, onFailure, carried }: StoryInput): StoryRun {
  // A reset begins a new run for viewers, also if it is of an execution that continued another one.
  const runId = (isReset() ? undefined : carried?.runId) ?? workflowInfo().runId;
  const show = showToOperators();
  const table = new LaneTable(projectId, (changed) => {
    show(changed);
    statusPublisher.publishChange();
  });
  const statusPublisher = new RunStatusPublisher(table, runId);
  const run: StoryRun = {
    runId,
    table,
    statusPublisher,
    afterReset: new AfterReset(),
    runner: new LaneRunner({
      projectId,
      runId,
      table,
      onFailure: onFailure ?? 'park',
      needsReplan: (error) => {
        if (hasMoved(error)) {
          // The signal of the edit may have been lost.
          run.inputsChanged = true;
          void run.scenes.refresh();
        } else if (!lacksInput(error)) return false;
        return (run.replanRequested ||= run.inputsChanged);
      },
    }),
    gates: new Gates(table, gates ?? [], carried?.approved ?? []),
    scenes: new SceneWatch(projectId, table),
    inputsChanged: false,
    replanRequested: false,
    ending: false,
  };
  return run;
}

/**
 * Runs the plan to its end. If the history is long, or a person has changed rows, it returns the state for the next run
 * of the workflow. That run checks every lane again, and produces each lane that does not match the current rows.
 */
async function runPlan(
  opened: OpenedRun,
  run: StoryRun,
  carried: ContinuedState | undefined,
): Promise<ContinuedState | undefined> {
  const { table } = run;
  if (!carried) table.begin(opened.plan);
  const scheduler = new LaneScheduler(opened, run, {
    ...defined({ scenes: carried?.scenes, sceneIds: carried?.sceneIds }),
    // A run that replans may find new rows, so the skip of each skipped lane is stored again.
    settled: [...(carried?.settled ?? []), ...(carried?.scenes ? (carried.skipped ?? []) : [])],
  });
  for (const lane of carried?.untold ?? []) run.runner.ends.announce(lane);

  const scope = new CancellationScope();
  const finished = scope.run(() => scheduler.all()).then(() => !run.inputsChanged);
  const drained = drain(run, scheduler);
  try {
    if (await Promise.race([finished, drained])) return undefined;
    await drainedNow(run, scheduler);
  } catch (error) {
    scope.cancel();
    throw error;
  }
  return stateToContinue(opened, run, scheduler);
}

/** What the next run of the workflow must know. If it must replan, no lane counts as settled. */
function stateToContinue(opened: OpenedRun, run: StoryRun, scheduler: LaneScheduler): ContinuedState {
  const { table } = run;
  const errors = table.errorsShown();
  const skipped = table.withStatus('skipped');
  const parked = table.withStatus('needs_attention').flatMap((lane) => {
    const error = errors.get(lane);
    return error ? table.namesOf([lane]).map((name) => [name, error] as const) : [];
  });
  const mustReplan = run.inputsChanged || run.replanRequested;
  return {
    run: withPresentScenes(opened, table),
    runId: run.runId,
    ...(scheduler.scenes && !mustReplan && { scenes: table.numbersOf(scheduler.scenes) }),
    ...(Object.keys(table.sceneIds).length > 0 && { sceneIds: table.sceneIds }),
    settled: mustReplan ? [] : table.namesOf([...scheduler.done].filter((lane) => !skipped.includes(lane))),
    parked: Object.fromEntries(parked),
    skipped: table.namesOf(skipped),
    cancelled: table.namesOf(table.withStatus('cancelled')),
    paused: table.paused,
    approved: [...run.gates.approved],
    untold: run.runner.ends.unannounced,
  };
}

/** The run, with its scenes by their present numbers. */
function withPresentScenes(opened: OpenedRun, table: LaneTable): OpenedRun {
  return {
    ...opened,
    ...(opened.scenes && { scenes: table.numbersOf(opened.scenes) }),
    ...(opened.sceneIds && { sceneIds: table.sceneIds }),
  };
}

/** Restores the state of the lanes from the run that continued as new. */
function restoreState(carried: ContinuedState, table: LaneTable): void {
  const { run, scenes = run.scenes, sceneIds } = carried;
  table.begin(run.plan);
  // Until the scenes are laid out again, lanes are known by the names that they had last.
  const known = scenes ?? (sceneIds && Object.keys(sceneIds).map(Number));
  if (known) table.setScenes(known, sceneIds);
  for (const lane of carried.settled) table.set(lane, 'completed');
  for (const lane of carried.skipped ?? []) table.set(lane, 'skipped');
  for (const lane of carried.cancelled ?? []) table.set(lane, 'cancelled');
  for (const [lane, error] of laneEntries(carried.parked)) table.set(lane, 'needs_attention', error);
  if (carried.paused) table.setPaused(true);
}

async function drain(run: StoryRun, scheduler: LaneScheduler): Promise<false> {
  await condition(() => workflowInfo().continueAsNewSuggested || run.replanRequested);
  await drainedNow(run, scheduler);
  return false;
}

async function drainedNow({ runner, statusPublisher, scenes }: StoryRun, scheduler: LaneScheduler): Promise<void> {
  runner.drain();
  scheduler.close();
  // No lane waits for announcements, because viewers may be out of reach for long.
  const carriesUnannounced = patched('untold-ends-are-carried');
  const isStill = () => runner.stopped && statusPublisher.idle && scenes.isCurrent && allHandlersFinished();
  await condition(() => isStill() && (carriesUnannounced || runner.ends.allAnnounced));
}

function resyncAfterReset(run: StoryRun, carried: ContinuedState | undefined): void {
  const { afterReset, statusPublisher, table } = run;
  afterReset.resync(table).then(
    (waits) => {
      statusPublisher.publishAgain(waits);
      // What an earlier execution has settled may be gone with a restored database, and the reset opens nothing anew.
      if (carried) run.replanRequested = true;
    },
    () => undefined,
  );
}

/** Leaves rows, viewers and the Temporal UI with the same end, after everything that was under way has stopped. */
async function close(run: StoryRun, opened: OpenedRun | undefined, thrown: Error | undefined): Promise<void> {
  const { table, runner, runId, statusPublisher, afterReset } = run;
  const outcome = !thrown ? 'completed' : isCancellation(thrown) ? 'cancelled' : 'failed';
  const { projectId } = table;
  run.ending = true;
  const stages = opened?.plan.map(({ name }) => name);
  statusPublisher.stop();
  afterReset.stop();
  runner.ends.close();
  await condition(() => runner.stopped && statusPublisher.idle && afterReset.idle && allHandlersFinished());
  const { announced, completed } = await closeRun({
    projectId,
    runId,
    outcome,
    ...(outcome === 'failed' && { error: eventErrorOf(thrown) }),
    announce: runner.ends.allAnnounced,
    ...(stages && { stages }),
    ...(opened?.scenes && { scenes: table.numbersOf(opened.scenes) }),
  }).catch((error: Error): Awaited<ReturnType<typeof closeRun>> => {
    // A failed step must not keep a run from ending as intended: the reconciler closes its rows.
    if (thrown) return { announced: true };
    throw error;
  });
  table.end(outcome, completed);
  if (announced) return;
  await condition(() => runner.ends.allAnnounced);
  await announceRun({ projectId, runId, ...(stages && { stages }) }).catch(() => undefined);
}

function showToOperators(): (table: LaneTable) => void {
  let shown = { stage: '', status: '' };
  const signal = signalBatch();
  return (table) => {
    setCurrentDetails(detailsOf(table));
    signal(table);
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
