import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import type { Project } from '../../entities';
import { knownStages, planRun, type PlanSource } from '../../planning';
import {
  isFinal,
  priorityOf,
  STORY_WORKFLOW,
  StoryreelError,
  storyRunIdOf,
  workflowIdOf,
  type LaneId,
  type ProjectId,
  type StageName,
  type StoryInput,
  type StoryPriority,
  type StoryRunId,
} from '../../protocol';
import { wouldReplace } from '../batch/edits-at-stake';
import { briefly, hasEnded, isRunning, runOfRequest, storyRunOf, type StartedRun } from './live-workflow';
import { queueProject } from './queue-project';

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
  /** The same id twice is one run: the second call returns the run of the first. */
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
  /** The project as Postgres has it now; throws `Project.NotFound`. */
  readonly project: (projectId: ProjectId) => Promise<Project>;
  /** The lanes in which such a run would replace a person's texts. */
  readonly editsAtStake: (projectId: ProjectId, options: StartOptions) => Promise<readonly LaneId[]>;
}

/**
 * Starts a run of a project. A committed result with the same inputs is used again. Throws `Project.NotFound`, and
 * `Project.Invalid` if its stages and scenes cannot run. Throws `Project.AlreadyRunning` unless `join` is set or
 * `requestId` is that of the live run. Throws `Project.WouldReplaceEdits` unless `replaceEdits` is set.
 */
export async function startRun(ports: StartPorts, projectId: ProjectId, options: StartOptions): Promise<StartedRun> {
  const { temporal, source, project } = ports;
  const { dataSource } = source;
  const before = await project(projectId);
  const { owner } = before;
  const { force, onFailure, stages, scenes, gates, requestId, priority, keepSettings } = options;
  const workflowId = workflowIdOf(projectId);
  const input: StoryInput = {
    projectId,
    ...(force && { force }),
    ...(keepSettings && { keepSettings }),
    ...(onFailure && { onFailure }),
    ...(stages && { stages }),
    ...(scenes && { scenes }),
    ...(gates && { gates }),
  };
  const ofRequest = async () => {
    const run = requestId === undefined ? undefined : await runOfRequest(temporal, workflowId, requestId);
    if (run) options.onRepeated?.();
    return run;
  };
  const same = await ofRequest();
  if (same) return same;
  await planRun(dataSource.manager, await knownStages(source), input);
  if (!options.replaceEdits && (await isOver(temporal, before))) {
    const lanes = await ports.editsAtStake(projectId, options);
    if (lanes.length > 0) throw wouldReplace('run', [{ projectId, lanes }]);
  }
  const served = priorityOf({ ...(priority && { priority }), ...(owner && { owner }) });
  const start = () => startWorkflow(ports, input, options, served);
  const orRefused = async (error: unknown): Promise<StoryRunId> => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const faster = await ofRequest();
    if (faster) return faster.runId;
    throw new StoryreelError(
      'Project.AlreadyRunning',
      `Project ${projectId} is running already. Watch it, cancel it first, or wait for its end.`,
      { cause: error },
    );
  };
  const runId = await start().catch(async (error: unknown) => {
    // The last run has announced its end and is about to close; the next run can begin then.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { status, runId: last } = await project(projectId);
    const isOver = isFinal(status) && (await hasEnded(temporal, workflowId, last));
    return isOver ? start().catch(orRefused) : orRefused(error);
  });
  await queueProject(dataSource, before, { runId, joined: options.join === true });
  return { workflowId, runId };
}

/** One that runs is joined, or is in the way; it was started before. */
async function isOver(temporal: Client, { id, status, runId }: Project): Promise<boolean> {
  const workflowId = workflowIdOf(id);
  if (!(await isRunning(temporal, workflowId))) return true;
  return isFinal(status) && (await hasEnded(temporal, workflowId, runId));
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
      ...(requestId !== undefined && { memo: { requestId } }),
    }),
  );
  const { firstExecutionRunId: runId } = handle;
  if (!join) return storyRunIdOf(runId);
  // Of a run that was joined, Temporal answers with the execution that is open now.
  const joined = temporal.workflow.getHandle(handle.workflowId, runId);
  return storyRunOf(await briefly(temporal, () => joined.describe()));
}
