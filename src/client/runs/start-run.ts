import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import type { Project } from '../../entities';
import { knownStages, planRun, type PlanSource } from '../../planning';
import {
  defined,
  FINAL_STATUSES,
  priorityOf,
  STORY_WORKFLOW,
  StoryreelError,
  storyRunIdOf,
  workflowIdOf,
  type ProjectId,
  type StageName,
  type StoryInput,
  type StoryPriority,
  type StoryRunId,
} from '../../protocol';
import { editsAtStake, wouldReplace } from '../projects/edits-at-stake';
import {
  briefly,
  hasClosed,
  hasNoOpenRun,
  REQUEST_MEMO,
  runOfRequest,
  storyRunOf,
  type StartedRun,
} from './live-workflow';
import { knownProject } from '../projects/known-project';

/** What a run makes, and how. */
export interface StartOptions {
  /** Makes everything again, also what has not changed. */
  readonly force?: boolean;
  /** `park` (default): a lane whose retries are used up waits for a person. `fail`: it ends the run. */
  readonly onFailure?: 'park' | 'fail';
  /** Starts the run even if it replaces a person's texts; otherwise such a run is refused. */
  readonly replaceEdits?: boolean;
  /**
   * Keeps the settings of the last run (models, frame size), so that committed results stay although the settings have
   * changed since. Default: the settings of the worker that opens this run.
   */
  readonly keepSettings?: boolean;
  /** Only these stages. The results that they need from other stages must exist already. */
  readonly stages?: readonly StageName[];
  /** Only these scenes: their lanes and, if all other clips exist, the film. */
  readonly scenes?: readonly number[];
  /** Stages after which the run waits for `approve`. */
  readonly gates?: readonly StageName[];
  /** The same id twice is one run: the second call returns the run of the first, as long as Temporal has that run. */
  readonly requestId?: string;
  /** Is called if the run is that of an earlier call with this `requestId`. */
  readonly onRepeated?: () => void;
  /** Returns the open run, instead of refusing to start a second one. */
  readonly join?: boolean;
  /** 1 is served first, 5 last. Default 3. Owners get equal shares of the workers at each priority. */
  readonly priority?: StoryPriority;
}

export interface StartPorts {
  readonly temporal: Client;
  readonly source: PlanSource & { readonly dataSource: DataSource };
}

/**
 * Starts a run of a project. A committed result with the same inputs is used again. Throws `Project.NotFound`, and
 * `Project.Invalid` if its stages and scenes cannot run. Throws `Project.AlreadyRunning` unless `join` is set or
 * `requestId` is that of the live run. Throws `Project.WouldReplaceEdits` unless `replaceEdits` is set, and
 * `Request.Repeated` if the same request had other options.
 */
export async function startRun(ports: StartPorts, projectId: ProjectId, options: StartOptions): Promise<StartedRun> {
  const { temporal, source } = ports;
  const before = await knownProject(source.dataSource, projectId);
  const same = await runOfSameRequest(temporal, projectId, options);
  if (same) return same;
  const input = inputOf(projectId, options);
  await planRun(source.dataSource.manager, await knownStages(source), input);
  // An open run is joined, or refuses this one: which texts it replaces was decided when it was started.
  if (!options.replaceEdits && (await hasNoOpenRun(temporal, before))) {
    const lanes = await editsAtStake(source, projectId, options);
    if (lanes.length > 0) throw wouldReplace('run', [{ projectId, lanes }]);
  }
  const { owner } = before;
  const priority = priorityOf({ ...(options.priority && { priority: options.priority }), ...(owner && { owner }) });
  const start = () => startWorkflow(ports, input, options, priority);
  const orOpenRun = (error: unknown) => openRunOfRequest(temporal, projectId, options, error);
  const runId = await start().catch(async (error: unknown) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // The last run may have announced its end and be about to close; the next run can begin then.
    return (await hasClosed(temporal, await knownProject(source.dataSource, projectId)))
      ? start().catch(orOpenRun)
      : orOpenRun(error);
  });
  await queueProject(source.dataSource, before, { runId, joined: options.join === true });
  return { workflowId: workflowIdOf(projectId), runId };
}

function inputOf(projectId: ProjectId, options: StartOptions): StoryInput {
  const { force, onFailure, stages, scenes, gates, keepSettings } = options;
  return {
    projectId,
    ...(force && { force }),
    ...(keepSettings && { keepSettings }),
    ...defined({ onFailure, stages, scenes, gates }),
  };
}

/**
 * The run of the project that a call with the same `requestId` has started. Throws `Request.Repeated` if that call has
 * asked for another one.
 */
async function runOfSameRequest(
  temporal: Client,
  projectId: ProjectId,
  options: StartOptions,
): Promise<(StartedRun & { readonly runId: StoryRunId }) | undefined> {
  const { requestId, onRepeated } = options;
  if (requestId === undefined) return undefined;
  const found = await runOfRequest(temporal, workflowIdOf(projectId), requestId);
  if (!found) return undefined;
  const { input, ...run } = found;
  if (input !== undefined && input !== hashOf(inputOf(projectId, options))) {
    throw new StoryreelError('Request.Repeated', 'This request id was used before, for a run with other options.');
  }
  onRepeated?.();
  return run;
}

function hashOf(input: StoryInput): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex');
}

/** The open run, if the same request has started it meanwhile. Otherwise throws `Project.AlreadyRunning`. */
async function openRunOfRequest(
  temporal: Client,
  projectId: ProjectId,
  options: StartOptions,
  error: unknown,
): Promise<StoryRunId> {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  const same = await runOfSameRequest(temporal, projectId, options);
  if (same) return same.runId;
  throw new StoryreelError(
    'Project.AlreadyRunning',
    `Project ${projectId} is running already. See it: storyreel watch ${projectId}`,
    { cause: error },
  );
}

async function startWorkflow(
  { temporal, source }: StartPorts,
  input: StoryInput,
  { join, requestId }: StartOptions,
  priority: ReturnType<typeof priorityOf>,
): Promise<StoryRunId> {
  const handle = await briefly(temporal, () =>
    temporal.workflow.start(STORY_WORKFLOW, {
      workflowId: workflowIdOf(input.projectId),
      taskQueue: source.config.TEMPORAL_TASK_QUEUE,
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: join ? 'USE_EXISTING' : 'FAIL',
      staticSummary: `story of ${input.projectId}`,
      priority,
      ...(requestId !== undefined && {
        memo: { [REQUEST_MEMO.id]: requestId, [REQUEST_MEMO.input]: hashOf(input) },
      }),
    }),
  );
  const { firstExecutionRunId: runId } = handle;
  if (!join) return storyRunIdOf(runId);
  // If a run was joined, Temporal answers with the execution that is open now.
  const joined = temporal.workflow.getHandle(handle.workflowId, runId);
  return storyRunOf(await briefly(temporal, () => joined.describe()));
}

/**
 * Stores that a run of the project has begun, unless the run has already stored it. New viewers must not take the last
 * run's end for this run's end. The reconciler must not take the row for the remains of a terminated run. `before` is
 * the project before the run was started; a run that was `joined` may have been open before.
 */
async function queueProject(
  dataSource: DataSource,
  before: Pick<Project, 'id' | 'runId'>,
  run: { readonly runId: StoryRunId; readonly joined: boolean },
): Promise<void> {
  await dataSource.query(
    `UPDATE projects SET status = 'queued', error = NULL, updated_at = now()
     WHERE id = $1 AND run_id IS DISTINCT FROM $2 AND run_id IS NOT DISTINCT FROM $3
       AND (NOT $4 OR status = ANY ($5::text[]))`,
    [before.id, run.runId, before.runId, run.joined, ['draft', ...FINAL_STATUSES]],
  );
}
